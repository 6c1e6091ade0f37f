#include "scatter/scatter.h"

#include <algorithm>

namespace miroir::scatter {
namespace {

using plan::NodeCall;

// The node's own trouble, as opposed to an answer the client has to see.
bool is_refusal_of_node(int status) { return status >= 500 || status == 429; }

void take_outcome(Gathered& gathered, NodeCall call, Result<http::Reply> outcome, std::vector<ShardId>& unanswered,
                  const Accept& accept) {
    if (outcome && !is_refusal_of_node(outcome->status)) {
        Answered answered{.call = std::move(call), .reply = *std::move(outcome)};
        Result<void> accepted = accept ? accept(answered) : Result<void>();
        if (accepted) {
            gathered.answers.push_back(std::move(answered));
            return;
        }
        call = std::move(answered.call);
        outcome = fail(std::move(accepted).error());
    }
    unanswered.insert(unanswered.end(), call.shards.begin(), call.shards.end());
    Error error = outcome ? Error{.code = ErrorCode::MiroirNodeBadReply,
                                  .message = "the node answered with status " + std::to_string(outcome->status)}
                          : std::move(outcome).error();
    gathered.failures.emplace_back(call.node, std::move(error));
}

// What is not even asked of another node will not be answered: an incomplete answer must say so.
void note_missing(Gathered& gathered, const std::vector<ShardId>& unanswered, const std::vector<NodeCall>& next) {
    for (const ShardId shard : unanswered) {
        const bool asked = std::ranges::any_of(
            next, [shard](const NodeCall& call) { return std::ranges::find(call.shards, shard) != call.shards.end(); });
        if (!asked) gathered.missing.push_back(shard);
    }
    std::ranges::sort(gathered.missing);
}

}  // namespace

Scatter::Scatter(env::Env env, http::Client& client, ScatterOptions options, CallObserver* observer)
    : env_(env), client_(client), options_(std::move(options)), observer_(observer) {}

env::Task<Result<http::Reply>> Scatter::send(cluster::TopologyPtr topology, NodeCall call, http::Call context) const {
    const cluster::Node& node = topology->node(call.node);
    MIROIR_CO_TRY(http::Address address, http::parse_address(node.address));
    http::Outgoing request;
    request.method = call.method;
    request.target = std::move(call.target);
    request.body = std::move(call.body);
    if (!request.body.empty()) request.headers.add("Content-Type", "application/json");
    for (auto& [name, value] : call.headers) request.headers.add(std::move(name), std::move(value));
    if (!options_.node_key.empty()) request.headers.add("Authorization", "Bearer " + options_.node_key);
    http::SendOptions send_options;
    send_options.deadline = context.deadline.sooner(env::Deadline::after(env_.clock, options_.node_timeout));
    send_options.cancel = context.cancel;
    send_options.repeatable = true;
    const env::Monotonic begun = env_.clock.now();
    Result<http::Reply> reply = co_await client_.send(std::move(address), std::move(request), std::move(send_options));
    const bool answered = reply.has_value() && reply->status < 500;
    const bool canceled = !reply && reply.error().code == ErrorCode::MiroirCanceled;
    if (observer_ != nullptr && !canceled) observer_->observed(node.id, answered, env_.clock.now() - begun);
    co_return reply;
}

env::Task<Gathered> Scatter::run(cluster::TopologyPtr topology, std::vector<NodeCall> calls, CallsElsewhere elsewhere,
                                 http::Call call, Accept accept) const {
    Gathered gathered;
    std::vector<cluster::NodeIndex> avoid;
    for (std::uint32_t round = 1;; ++round) {
        std::vector<env::Task<Result<http::Reply>>> sent;
        sent.reserve(calls.size());
        for (const NodeCall& asked : calls) sent.push_back(send(topology, asked, call));
        std::vector<Result<http::Reply>> outcomes = co_await env::gather(env_.executor, std::move(sent));
        std::vector<ShardId> unanswered;
        for (std::size_t i = 0; i < calls.size(); ++i) {
            const cluster::NodeIndex node = calls[i].node;
            const std::size_t failures = gathered.failures.size();
            take_outcome(gathered, std::move(calls[i]), std::move(outcomes[i]), unanswered, accept);
            if (gathered.failures.size() > failures) avoid.push_back(node);
        }
        if (unanswered.empty()) co_return gathered;
        std::ranges::sort(unanswered);
        const bool over = round == options_.rounds_max || call.deadline.expired(env_.clock) || call.cancel.requested();
        Result<std::vector<NodeCall>> next =
            over ? Result<std::vector<NodeCall>>(std::vector<NodeCall>{}) : elsewhere(unanswered, avoid);
        calls = next ? *std::move(next) : std::vector<NodeCall>{};
        note_missing(gathered, unanswered, calls);
        if (calls.empty()) co_return gathered;
    }
}

}  // namespace miroir::scatter
