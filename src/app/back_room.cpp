#include "app/back_room.h"

#include "app/settings_of.h"

namespace miroir::app {
namespace {

constexpr std::chrono::nanoseconds kNodeTimeout = std::chrono::seconds(60);

api::DeskOptions whole_answers(const Shared& shared) {
    api::DeskOptions options = desk_options(shared.config, shared.metrics);
    options.breakers = &shared.breakers;
    options.unavailable_shards = api::UnavailableShards::Error;
    return options;
}

}  // namespace

BackRoom::BackRoom(Shared shared, const ClientSide& clients)
    : client_(reactor_, client_options(shared.config)),
      keyed_(client_, shared.node_keys),
      metered_(reactor_, keyed_, shared.topology, shared.ledger),
      desk_(
          reactor_.env(shared.log), shared.topology, clients.catalog, clients.shelves,
          [&board = clients.behind] { return board.current(); },
          scatter::Scatter(reactor_.env(shared.log), metered_,
                           {.node_timeout = kNodeTimeout, .node_key = shared.config.node_master_key}),
          clients.office, clients.office_executor, whole_answers(shared)),
      folder_(shared.config.dump_dir),
      maker_(desk_, folder_),
      outside_(reactor_, outside_options(shared.config)),
      exporter_(desk_, outside_) {
    maker_.clean_up();
}

BackRoom::~BackRoom() { stop(); }

void BackRoom::start() {
    thread_ = std::thread([this] { reactor_.run(); });
}

bool BackRoom::stop() {
    if (thread_.joinable()) {
        reactor_.stop();
        thread_.join();
    }
    return at_work_ == 0;
}

env::Task<Result<json::Value>> BackRoom::make_dump(env::Executor& home, protocol::Task task) {
    return env::hop(home, reactor_, counted(maker_.make(std::move(task))));
}

env::Task<Result<json::Value>> BackRoom::send_export(env::Executor& home, protocol::Task task, json::Value wish) {
    return env::hop(home, reactor_, counted(exporter_.send(std::move(task), std::move(wish))));
}

env::Task<Result<json::Value>> BackRoom::counted(env::Task<Result<json::Value>> work) {
    ++at_work_;
    Result<json::Value> done = co_await std::move(work);
    --at_work_;
    co_return done;
}

}  // namespace miroir::app
