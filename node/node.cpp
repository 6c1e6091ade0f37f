#include "node/node.h"

#include "env/log.h"
#include "http/hang_up.h"
#include "node/api/routes.h"
#include "node/tasks/scheduler.h"
#include "server/front_door.h"

namespace miroir::node {
namespace {

DeskOptions desk_options(const NodeOptions& options) {
    return {.master_key = options.master_key,
            .payload_limit = options.payload_limit,
            .replication_parameters = options.replication_parameters,
            .faults_route = options.faults_route};
}

server::FrontDoorOptions door_options(const NodeOptions& options) {
    server::FrontDoorOptions out;
    out.edge = false;
    out.access_log = false;
    out.time_limit = std::chrono::minutes(5);
    out.inflated_body_max = options.payload_limit;
    return out;
}

// The first half of a body, then the connection breaks.
class HalfBody final : public http::BodySource {
public:
    explicit HalfBody(std::string whole) : half_(whole.substr(0, whole.size() / 2)) {}
    env::Task<Result<std::string>> next() override {
        if (!half_.empty()) co_return std::exchange(half_, std::string());
        co_return fail(ErrorCode::Internal, "The reply was told to break off.");
    }

private:
    std::string half_;
};

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

}  // namespace

struct Node::Parts {
    Parts(env::Env world_env, Disk& given, const NodeOptions& options)
        : env(world_env),
          disk(given),
          ledger(env, disk, world, options.log_min),
          scheduler(env, world, ledger, {.batched_tasks_max = options.batched_tasks_max, .slice = options.slice}),
          desk(env, world, ledger, scheduler, disk, faults, desk_options(options)),
          door(env, router, door_options(options)) {
        for (const Fault& fault : options.faults) faults.add(fault);
    }

    env::Env env;
    Disk& disk;
    World world;
    FaultTable faults;
    Ledger ledger;
    Scheduler scheduler;
    Desk desk;
    server::Router router;
    server::FrontDoor door;
};

Node::Node(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Node::~Node() = default;

Result<std::unique_ptr<Node>> Node::open(env::Env env, Disk& disk, NodeOptions options) {
    auto parts = std::make_unique<Parts>(env, disk, options);
    MIROIR_CHECK(parts->ledger.recover());
    Parts& all = *parts;
    for (const auto& routes :
         {instance_routes(), feature_routes(), index_routes(), document_routes(), field_routes(), search_routes(),
          settings_routes(), task_routes(), key_routes(), webhook_routes(), network_routes(), chat_routes(),
          rule_routes(), export_routes(), log_routes(), render_routes()}) {
        add_routes(all.router, all.desk, routes);
    }
    if (options.faults_route) add_routes(all.router, all.desk, fault_routes());
    all.desk.plant_default_keys();
    all.scheduler.set_verdict(
        [&all](const protocol::Task& task) { return all.faults.draw_for_task(task, all.env.random); });
    all.scheduler.start();
    return std::unique_ptr<Node>(new Node(std::move(parts)));
}

FaultTable& Node::faults() { return parts_->faults; }
bool Node::idle() const { return parts_->scheduler.idle(); }
std::size_t Node::task_count() const { return parts_->world.queue.size(); }

env::Task<void> Node::close() {
    env::Task<void> stopping = parts_->scheduler.stop();
    co_await stopping;
    env::Task<Result<void>> committing = parts_->ledger.commit();
    const Result<void> written = co_await committing;
    if (!written) parts_->env.log.error("node", "cannot write the log", {{"why", written.error().message}});
}

env::Task<http::Reply> Node::handle(http::Request request, http::Call call) {
    if (parts_->faults.empty()) {
        env::Task<http::Reply> plain = parts_->door.handle(std::move(request), std::move(call));
        http::Reply reply = co_await plain;
        co_return reply;
    }
    const Misfortune misfortune = parts_->faults.draw(request.method, path_of(request.target), parts_->env.random);
    env::Task<http::Reply> suffering = suffer(misfortune, std::move(request), std::move(call));
    http::Reply reply = co_await suffering;
    co_return reply;
}

env::Task<http::Reply> Node::suffer(Misfortune misfortune, http::Request request, http::Call call) {
    constexpr std::chrono::minutes kSilence{10};  // bounded, whoever forgets to hang up
    const env::Env env = parts_->env;
    const env::Cancel cancel = call.cancel;
    if (misfortune.delay.count() != 0) {
        env::Task<bool> waiting = env::sleep_for(env, misfortune.delay, cancel);
        co_await waiting;
    }
    if (misfortune.hang) {
        env::Task<bool> waiting = env::sleep_for(env, kSilence, cancel);
        co_await waiting;
    }
    if (misfortune.status) {
        const Error error{.code = *misfortune.status < 500 ? ErrorCode::BadRequest : ErrorCode::Internal,
                          .message = "The node was told to refuse.",
                          .status = *misfortune.status};
        http::Reply refused = server::error_reply(error);
        if (misfortune.retry_after) refused.headers.set("retry-after", std::to_string(*misfortune.retry_after));
        co_return refused;
    }
    env::Task<http::Reply> working = parts_->door.handle(std::move(request), std::move(call));
    http::Reply reply = co_await working;
    if (misfortune.lost) co_return http::hang_up();
    if (misfortune.truncated) reply.stream = std::make_unique<HalfBody>(std::exchange(reply.body, std::string()));
    if (misfortune.malformed) {
        reply.headers.erase("content-encoding");
        reply.body = "{\"hits\":[{";
    }
    co_return reply;
}

}  // namespace miroir::node
