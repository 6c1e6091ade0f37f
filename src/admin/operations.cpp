#include "admin/operations.h"

#include "admin/admin_key.h"
#include "server/replies.h"

namespace miroir::admin {

using server::Incoming;

Operations::Operations(Parts parts, OperationsOptions options)
    : parts_(std::move(parts)),
      options_(std::move(options)),
      version_(parts_.env, parts_.client, parts_.topology, options_.version) {}

void Operations::mount(server::Router& router) {
    router.add("GET", "/health", [this](Incoming in) { return health(std::move(in)); });
    router.add("GET", "/version", [this](Incoming in) { return version(std::move(in)); });
    router.add("GET", "/_miroir/ready", [this](Incoming in) { return ready(std::move(in)); });
    router.add("GET", "/_miroir/topology", [this](Incoming in) { return topology(std::move(in)); });
    router.add("GET", "/_miroir/shards", [this](Incoming in) { return shards(std::move(in)); });
    router.add("GET", "/_miroir/metrics", [this](Incoming in) { return metrics(std::move(in)); });
}

void Operations::mount_metrics(server::Router& router) {
    router.add("GET", "/metrics", [this](Incoming in) { return open_metrics(std::move(in)); });
    router.add("GET", "/health", [this](Incoming in) { return health(std::move(in)); });
    router.add("GET", "/ready", [this](Incoming in) { return ready(std::move(in)); });
}

env::Task<http::Reply> Operations::health(Incoming) {
    co_return server::json_text_reply(200, R"({"status":"available"})");
}

env::Task<http::Reply> Operations::version(Incoming in) {
    if (const Result<void> allowed = parts_.may_see_version(in); !allowed) {
        co_return server::error_reply(allowed.error());
    }
    Result<std::string> text = co_await version_.get(in.call);
    if (!text) co_return server::error_reply(text.error());
    co_return server::json_text_reply(200, *std::move(text));
}

// Without a key: what asks is a probe, and it learns nothing but counts.
env::Task<http::Reply> Operations::ready(Incoming) {
    if (const Result<void> ours = parts_.claim.holds(); !ours) co_return server::error_reply(ours.error());
    const cluster::TopologyPtr topology = parts_.topology.current();
    const bool is = is_ready(*topology);
    http::Reply reply = server::json_reply(is ? 200 : 503, readiness_view(*topology));
    if (!is) reply.headers.add("retry-after", "1");
    co_return reply;
}

env::Task<http::Reply> Operations::topology(Incoming in) {
    if (const Result<void> allowed = check_admin_key(in.headers, options_.admin_key); !allowed) {
        co_return server::error_reply(allowed.error());
    }
    const cluster::TopologyPtr topology = parts_.topology.current();
    co_return server::json_reply(200, topology_view(*topology, parts_.watch, parts_.env.clock.now()));
}

env::Task<http::Reply> Operations::shards(Incoming in) {
    if (const Result<void> allowed = check_admin_key(in.headers, options_.admin_key); !allowed) {
        co_return server::error_reply(allowed.error());
    }
    co_return server::json_reply(200, shards_view(*parts_.topology.current(), *parts_.behind.current()));
}

env::Task<http::Reply> Operations::metrics(Incoming in) {
    if (const Result<void> allowed = check_admin_key(in.headers, options_.admin_key); !allowed) {
        co_return server::error_reply(allowed.error());
    }
    co_return exposition();
}

env::Task<http::Reply> Operations::open_metrics(Incoming) { co_return exposition(); }

http::Reply Operations::exposition() {
    note_topology(parts_.metrics, *parts_.topology.current());
    http::Reply reply;
    reply.headers.add("content-type", "text/plain; version=0.0.4; charset=utf-8");
    reply.body = parts_.metrics_text();
    return reply;
}

}  // namespace miroir::admin
