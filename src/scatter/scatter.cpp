#include "scatter/scatter.h"

#include <array>

#include "scatter/chase.h"

namespace miroir::scatter {
namespace {

using plan::NodeCall;

constexpr double kFirstTokens = 6;  // a few second tries before the budget has grown

constexpr env::MetricName kRetries{.name = "miroir_scatter_retries_total",
                                   .help = "Calls sent to another replica because a node failed to answer."};
constexpr env::MetricName kHedges{.name = "miroir_hedge_fired_total",
                                  .help = "Late calls that were asked a second time, by who answered first."};
constexpr env::MetricName kBudget{.name = "miroir_hedge_budget_exhausted_total",
                                  .help = "Late calls that were not asked a second time: too many were already."};
constexpr env::MetricName kSavings{.name = "miroir_hedge_latency_savings_seconds",
                                   .help = "By how much a second try beat what the late node usually takes."};
constexpr env::MetricName kPartial{.name = "miroir_scatter_partial_responses_total",
                                   .help = "Reads for which some shard had no answer."};
constexpr env::MetricName kUnusable{.name = "miroir_scatter_unusable_replies_total",
                                    .help = "Replies that are not what was asked for, each a failure of its node."};
constexpr env::MetricName kFanOut{.name = "miroir_scatter_fan_out_size", .help = "Nodes asked by one read."};
constexpr auto kFanOutBounds = std::to_array<double>({1, 2, 3, 5, 10, 20, 50});
constexpr auto kSavingsBounds = std::to_array<double>({.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5});

env::Metrics& metrics_of(const ScatterOptions& options) {
    return options.metrics != nullptr ? *options.metrics : env::no_metrics();
}

}  // namespace

Scatter::Core::Core(env::Env env, http::Client& client, ScatterOptions asked)
    : env(env),
      client(client),
      options(std::move(asked)),
      own_paces(options.paces),
      paces(options.board != nullptr ? *options.board : own_paces),
      hedge_tokens(kFirstTokens),
      retries(metrics_of(options).counter(kRetries)),
      hedges_won(metrics_of(options).counter(kHedges, {{"outcome", "winner"}})),
      hedges_lost(metrics_of(options).counter(kHedges, {{"outcome", "loser"}})),
      budget_gone(metrics_of(options).counter(kBudget)),
      partial(metrics_of(options).counter(kPartial)),
      unusable(metrics_of(options).counter(kUnusable)),
      fan_out(metrics_of(options).histogram(kFanOut, kFanOutBounds)),
      savings(metrics_of(options).histogram(kSavings, kSavingsBounds)) {}

Result<http::Address> Scatter::Core::address_of(const cluster::Topology& topology, cluster::NodeIndex node) {
    if (addresses_version != topology.version()) {
        addresses_version = topology.version();
        addresses.assign(topology.nodes().size(), {});
    }
    http::Address& known = addresses[node];
    if (known.host.empty()) {
        MIROIR_TRY(known, http::parse_address(topology.node(node).address));
    }
    return known;
}

env::Task<Result<http::Reply>> send_once(std::shared_ptr<Scatter::Core> core, cluster::TopologyPtr topology,
                                         NodeCall call, http::Call context, std::chrono::nanoseconds limit) {
    const cluster::Node& node = topology->node(call.node);
    MIROIR_CO_TRY(http::Address address, core->address_of(*topology, call.node));
    http::Outgoing request;
    request.method = std::move(call.method);
    request.target = std::move(call.target);
    request.body = std::move(call.body);
    if (!request.body.empty()) request.headers.add("Content-Type", "application/json");
    for (auto& [name, value] : call.headers) request.headers.add(std::move(name), std::move(value));
    if (!core->options.node_key.empty()) request.headers.add("Authorization", "Bearer " + core->options.node_key);
    http::SendOptions options;
    options.deadline = context.deadline.sooner(env::Deadline::after(core->env.clock, limit));
    options.cancel = std::move(context.cancel);
    options.repeatable = true;
    options.peer = node.id.value;
    const env::Monotonic begun = core->env.clock.now();
    core->paces.began(node.id);
    Result<http::Reply> reply = co_await core->client.send(std::move(address), std::move(request), std::move(options));
    const env::Monotonic ended = core->env.clock.now();
    Paces::Ending ending = Paces::Ending::Answered;
    if (!reply) {
        const bool canceled = reply.error().code == ErrorCode::MiroirCanceled;
        ending = canceled ? Paces::Ending::Canceled : Paces::Ending::Failed;
    } else if (is_refusal_of_node(reply->status)) {
        ending = Paces::Ending::Failed;
    }
    core->paces.ended(node.id, ended - begun, ending, ended);
    co_return reply;
}

Scatter::Scatter(env::Env env, http::Client& client, ScatterOptions options)
    : core_(std::make_shared<Core>(env, client, std::move(options))) {}

void Scatter::note_unusable() const { core_->unusable.add(); }

const Paces& Scatter::paces() const { return core_->paces; }

bool Scatter::may_explore() const {
    const HedgeOptions& hedging = core_->options.hedging;
    return !hedging.enabled || core_->hedge_tokens >= kHedgeReserve + static_cast<double>(hedging.max_per_query);
}

env::Task<Result<http::Reply>> Scatter::send(cluster::TopologyPtr topology, NodeCall call, http::Call context) const {
    return send_once(core_, std::move(topology), std::move(call), std::move(context), core_->options.node_timeout);
}

env::Task<Gathered> Scatter::run(cluster::TopologyPtr topology, std::vector<NodeCall> calls, CallsElsewhere elsewhere,
                                 http::Call call, Accept accept) const {
    core_->fan_out.observe(static_cast<double>(calls.size()));
    Chase chase(core_, std::move(topology), elsewhere, call, accept);
    co_await chase.pursue_all(std::move(calls), 1);
    co_return std::move(chase).finish();
}

}  // namespace miroir::scatter
