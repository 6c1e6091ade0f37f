#include "sim/fakes/watcher.h"

#include <utility>

namespace miroir::sim {

Watcher::Watcher(const cluster::TopologySpec& spec, cluster::HealthOptions options, AppContext context)
    : env_(context.env),
      client_(context.client),
      ended_(context.ended),
      topology_(cluster::make_topology(spec).value()),
      prober_(context.env, context.client, topology_, options),
      breaker_(breaker_options_) {
    prober_.start();
}

env::Task<void> Watcher::stop() {
    env::Task<void> stopped = prober_.stop();
    co_await stopped;
}

void Watcher::call_all_the_time(const NodeId& node, int callers) {
    const http::Address to = http::parse_address("http://" + node.value + ":7700").value();
    for (int i = 0; i < callers; ++i) env::spawn(env_.executor, call_on(node, to));
}

env::Task<void> Watcher::call_on(NodeId node, http::Address to) {
    while (!ended_.requested()) {
        if (breaker_.allow(now())) co_await call_once(node, to);
        co_await env::sleep_for(env_, kCallPause, ended_);
    }
}

env::Task<void> Watcher::call_once(NodeId node, http::Address to) {
    ++calls_sent_;
    http::Outgoing request;
    request.target = "/ledger";
    http::SendOptions options;
    options.deadline = env::Deadline::after(env_.clock, kCallTimeout);
    options.cancel = ended_;
    Result<http::Reply> reply = co_await client_.send(std::move(to), std::move(request), std::move(options));
    if (!reply && reply.error().code == ErrorCode::MiroirCanceled) {
        breaker_.gave_up();
        co_return;
    }
    const bool good = reply && reply->status < 500;
    if (good) {
        ++calls_answered_;
        breaker_.succeeded();
    } else {
        breaker_.failed(now(), env::draw_unit(env_.random));
    }
    prober_.note_call(node, good ? cluster::CallEnd::Good : cluster::CallEnd::Bad);
}

AppFactory watcher(cluster::TopologySpec spec, cluster::HealthOptions options) {
    return [spec, options](AppContext context) { return std::make_unique<Watcher>(spec, options, context); };
}

}  // namespace miroir::sim
