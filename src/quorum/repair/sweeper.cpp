#include "quorum/repair/sweeper.h"

#include <algorithm>

namespace miroir::quorum {

using State = tasks::NodeTask::State;

namespace {

constexpr std::string_view kFinished = "statuses=succeeded,failed,canceled";

}  // namespace

env::Task<void> Sweeper::run(std::function<cluster::TopologyPtr()> topology, env::Cancel stop) {
    while (!stop.requested()) {
        co_await env::sleep_for(env_, options_.every, stop);
        if (stop.requested()) co_return;
        const cluster::TopologyPtr now = topology();
        for (const cluster::Node& node : now->nodes()) {
            if (node.writable() && !writer_.hints().any(node.id)) co_await sweep(node);
        }
    }
}

// The oldest uid that the node must go on knowing; nothing: it never took anything.
std::optional<std::uint64_t> Sweeper::oldest_needed(const NodeId& node) const {
    const std::vector<Witness> witnesses = writer_.witnesses().of(node);
    if (witnesses.empty()) return std::nullopt;
    std::uint64_t oldest = witnesses.front().uid;
    for (const tasks::TaskEntry* entry : tasks_.unfinished()) {
        for (const tasks::NodeTask& part : entry->parts) {
            if (part.node == node && part.state < State::Missed) oldest = std::min(oldest, part.uid);
        }
    }
    return oldest;
}

env::Task<void> Sweeper::sweep(cluster::Node node) {
    const std::optional<std::uint64_t> needed = oldest_needed(node.id);
    if (!needed || *needed < options_.kept) co_return;
    std::string target = "/tasks?limit=1&" + std::string(kFinished);
    target += "&from=" + std::to_string(*needed - options_.kept);
    const json::Value body = co_await writer_.link(node.id).look(node.address, std::move(target));
    const json::Value* results = body.find("results");
    if (results == nullptr || !results->is_array() || results->array().size() != 1) co_return;
    const json::Value* at = results->array().front().find("enqueuedAt");
    const json::Value* newest = results->array().front().find("uid");
    if (at == nullptr || !at->is_string() || newest == nullptr || !newest->is_unsigned()) co_return;
    // Not for a handful: the deletion is a task itself.
    const std::uint64_t before = swept_to_[node.id];
    if (newest->unsigned_integer() < before + options_.kept / 10) co_return;
    tasks::Batch batch;  // after a restart it is not to be asked for one that is gone
    writer_.witnesses().keep(batch, node.id);
    const Result<void> kept = co_await store_.commit(std::move(batch));
    if (!kept) co_return;
    const env::Lane::Pass pass = co_await writer_.link(node.id).lane().enter();
    if (writer_.hints().any(node.id)) co_return;
    if (const auto used = writer_.hints().highest_uid(node.id)) writer_.link(node.id).reserve_up_to(*used);
    const Result<void> met = co_await writer_.link(node.id).meet(node.address);
    if (!met) co_return;
    const Result<void> named = co_await writer_.link(node.id).leave_name(node.address);
    if (!named) co_return;
    const Result<std::uint64_t> uid = co_await writer_.link(node.id).next_uid(node.address);
    if (!uid) co_return;
    NodeRequest deletion{.method = "DELETE",
                         .target = "/tasks?" + std::string(kFinished) + "&beforeEnqueuedAt=" + at->string()};
    const SendOutcome outcome = co_await writer_.link(node.id).send(node.address, std::move(deletion), *uid);
    if (outcome.kind == SendOutcome::Kind::Overtaken) writer_.link(node.id).ask_anew();
    if (outcome.kind == SendOutcome::Kind::Accepted) swept_to_[node.id] = newest->unsigned_integer();
}

}  // namespace miroir::quorum
