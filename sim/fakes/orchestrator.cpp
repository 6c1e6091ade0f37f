#include "sim/fakes/orchestrator.h"

namespace miroir::sim {
namespace {

server::FrontDoorOptions quiet_door() {
    server::FrontDoorOptions options;
    options.access_log = false;
    return options;
}

}  // namespace

Orchestrator::Orchestrator(const OrchestratorOptions& options, const AppContext& context)
    : env_(context.env),
      client_(context.client),
      ended_(context.ended),
      store_(*options.store, context),
      topology_(cluster::make_topology(options.topology).value()),
      prober_(context.env, context.client, topology_, options.health),
      door_(context.env, router_, quiet_door()) {
    prober_.start();
    env::spawn(env_.executor, begin(options));
}

env::Task<void> Orchestrator::begin(OrchestratorOptions options) {
    const quorum::Publishers publish{.catalog = [this](plan::CatalogPtr catalog) { catalog_ = std::move(catalog); },
                                     .shelves = [this](quorum::ShelvesPtr shelves) { shelves_ = std::move(shelves); }};
    options.office.writer.claim = std::make_shared<quorum::Claim>();
    while (!ended_.requested()) {
        env::Task<Result<std::unique_ptr<quorum::Office>>> opening = quorum::Office::open(
            env_, client_, store_, [this] { return topology_.current(); }, publish, board_, options.office);
        Result<std::unique_ptr<quorum::Office>> opened = co_await opening;
        if (opened) {
            office_ = *std::move(opened);
            break;
        }
        env_.log.warn("orchestrator", "cannot open", {{"why", opened.error().message}});
        co_await env::sleep_for(env_, std::chrono::milliseconds(100), ended_);  // as an operator would start it again
    }
    if (!office_) co_return;
    desk_ = std::make_unique<api::Desk>(
        env_, topology_, [this] { return catalog_; }, [this] { return shelves_; }, [this] { return board_.current(); },
        scatter::Scatter(env_, client_, options.scatter), *office_, env_.executor, options.desk);
    api::mount(router_, *desk_);
    co_await office_->run(ended_);
}

env::Task<void> Orchestrator::stop() { co_await prober_.stop(); }

AppFactory orchestrator(OrchestratorOptions options) {
    return [options](AppContext context) { return std::make_unique<Orchestrator>(options, context); };
}

}  // namespace miroir::sim
