// Cancelling and deleting tasks. A cancelation overtakes everything else, as on one node: it is handed on to each node
// that still has a part of the tasks. A task of which any part has already ended is let to its end, so that a batch is
// never applied on some shards and cancelled on others.
#include <algorithm>
#include <ranges>

#include "quorum/fold.h"
#include "quorum/writer.h"

namespace miroir::quorum {

using protocol::TaskStatus;
using protocol::TaskType;
using State = tasks::NodeTask::State;

namespace {

constexpr std::size_t kUidsInOneCall = 500;

bool open_part(const tasks::NodeTask& part) { return part.state < State::Missed; }

// What went to the nodes as one is called off as one.
bool all_called_off(const tasks::TaskEntry& entry, const std::vector<std::uint64_t>& targets) {
    for (std::uint64_t uid = entry.task.uid + 1; uid <= entry.task.uid + entry.carries; ++uid) {
        if (std::ranges::find(targets, uid) == targets.end()) return false;
    }
    return true;
}

// Any of what is to be called off already over?
bool untouched(const tasks::TaskEntry& entry) {
    return std::ranges::none_of(parts_to_cancel(entry), [](const tasks::NodeTask& part) {
        return part.state == State::Succeeded || part.state == State::Failed;
    });
}

// Those for which the cancelation came too late: they are made as those are for which it did not.
std::set<NodeId> too_late(const tasks::TaskEntry& entry) {
    std::set<NodeId> out;
    for (const tasks::NodeTask& part : parts_to_cancel(entry)) {
        if (part.state == State::Accepted || part.state == State::Succeeded) out.insert(part.node);
    }
    for (const NodeId& node : nodes_in(entry, {State::Canceled})) out.erase(node);
    return out;
}

}  // namespace

env::Task<bool> Writer::carry_cancelations(cluster::TopologyPtr topology) {
    // What is just being sent can be called off once its nodes have it.
    const auto early = [this](std::uint64_t uid) { return sending_.contains(uid) && !acknowledged_.contains(uid); };
    std::vector<std::uint64_t> found;
    for (const tasks::TaskEntry* entry : tasks_.unfinished()) {
        if (entry->task.type != TaskType::TaskCancelation || sending_.contains(entry->task.uid)) continue;
        if (std::ranges::none_of(entry->targets, early)) found.push_back(entry->task.uid);
    }
    for (const std::uint64_t uid : found | std::views::reverse) co_await carry_cancelation(uid, topology);
    co_return !found.empty();
}

// What it may call off, each with the parts that would be, as far as is known here.
std::vector<tasks::TaskEntry> Writer::open_targets(const tasks::TaskEntry& cancelation) const {
    std::vector<tasks::TaskEntry> out;
    for (const std::uint64_t target : cancelation.targets) {
        const tasks::TaskEntry* known = tasks_.find(target);
        const bool open = known != nullptr && !protocol::is_finished(known->task.status);
        if (!open || target >= cancelation.task.uid || known->carried_by) continue;
        if (!all_called_off(*known, cancelation.targets)) continue;
        tasks::TaskEntry entry = *known;
        if (const auto parts = acknowledged_.find(target); parts != acknowledged_.end()) entry.parts = parts->second;
        entry.parts = parts_to_cancel(entry);  // nothing else is asked for: a node that begins meanwhile may go on
        out.push_back(std::move(entry));
    }
    return out;
}

env::Task<void> Writer::carry_cancelation(std::uint64_t uid, cluster::TopologyPtr topology) {
    tasks_.start(uid, env_.clock.wall());
    tasks::TaskEntry cancelation = *tasks_.find(uid);
    std::vector<tasks::TaskEntry> entries = open_targets(cancelation);
    co_await look_after_parts(entries, topology);
    std::vector<std::uint64_t> targets;
    std::map<NodeId, std::vector<std::uint64_t>> on_nodes;
    for (const tasks::TaskEntry& entry : entries) {
        const auto change = changes_.find(entry.task.uid);
        const bool under_way = change != changes_.end() && change->second.phase != SettingsChange::Phase::Waiting;
        if (!untouched(entry) || under_way) continue;
        targets.push_back(entry.task.uid);
        for (const tasks::NodeTask& part : entry.parts) {
            if (open_part(part)) on_nodes[part.node].push_back(part.uid);
        }
    }
    std::vector<env::Task<bool>> calls;  // at once: on each node the work may begin any moment
    for (auto& [node, uids] : on_nodes) {
        const std::optional<cluster::NodeIndex> index = topology->find(node);
        if (index) calls.push_back(cancel_on_node(node, topology->node(*index).address, std::move(uids)));
    }
    (void)co_await env::gather(env_.executor, std::move(calls));
    const auto unsettled = [this](std::uint64_t target) { return sending_.contains(target); };
    const env::Deadline deadline = env::Deadline::after(env_.clock, options_.cancel_timeout);
    while (std::ranges::any_of(targets, unsettled) && !deadline.expired(env_.clock))
        co_await env::sleep_for(env_, options_.poll_least);
    std::uint64_t count = 0;
    for (const std::uint64_t target : targets) {
        if (unsettled(target)) continue;  // follow() ends it as its nodes do
        co_await cancel_task(target, uid, topology);
        const tasks::TaskEntry* after = tasks_.find(target);
        if (after != nullptr && after->task.canceled_by == uid) count += 1 + after->carries;
    }
    cancelation.task.details["canceledTasks"] = count;
    (void)co_await end_task(std::move(cancelation), 1);
}

// True when the node says that it has carried the cancelation out.
env::Task<bool> Writer::cancel_on_node(NodeId node, std::string address, std::vector<std::uint64_t> uids) {
    NodeLink& to = link(node);
    const env::Lane::Pass pass = co_await to.lane().enter();
    bool all = true;
    for (std::size_t at = 0; at < uids.size(); at += kUidsInOneCall) {
        NodeRequest request{.method = "POST", .target = "/tasks/cancel?uids="};
        for (std::size_t i = at; i < std::min(uids.size(), at + kUidsInOneCall); ++i) {
            request.target += (i == at ? "" : ",") + std::to_string(uids[i]);
        }
        const Result<std::uint64_t> uid = co_await to.next_uid(address);
        if (!uid) co_return false;
        const SendOutcome outcome = co_await to.send(address, std::move(request), *uid);
        if (outcome.kind != SendOutcome::Kind::Accepted) co_return false;
        const env::Deadline deadline = env::Deadline::after(env_.clock, options_.cancel_timeout);
        bool over = false;
        while (!over && !deadline.expired(env_.clock)) {
            const Result<std::optional<json::Value>> said = co_await to.task(address, outcome.uid);
            tasks::NodeTask part;
            if (said && *said) take_node_task(part, **said);
            over = part.state >= State::Missed;
            if (!over) co_await env::sleep_for(env_, options_.poll_least);
        }
        all = all && over;
    }
    co_return all;
}

env::Task<void> Writer::cancel_task(std::uint64_t uid, std::uint64_t by, cluster::TopologyPtr topology) {
    tasks::TaskEntry entry = *tasks_.find(uid);
    co_await look_after_parts(std::span(&entry, 1), topology);
    const std::vector<std::pair<NodeId, std::uint64_t>> held = hints_.held_of(uid);
    const bool none_sent = held.size() == entry.parts.size();  // or there is nothing to send
    if (!none_sent && !any_canceled(entry)) co_return;         // it had begun: it is followed to its end
    // Some nodes may have carried it out all the same.
    for (const std::string& index : tasks::indexes_of(entry.task)) touches_.upset(IndexUid{index});
    entry.task.status = TaskStatus::Canceled;
    entry.task.canceled_by = by;
    entry.task.batch_uid = tasks_.find(by)->task.batch_uid;
    if (!entry.task.started_at) entry.task.started_at = tasks_.find(by)->task.started_at;
    close_counts(entry, false);
    if (changes_.contains(uid)) {
        Turn turn{.uid = uid, .change = changes_.at(uid), .entry = std::move(entry)};
        const plan::IndexPtr index = catalog_.committed()->find(turn.change.index);
        if (index) turn.nodes = index->node_versions;
        co_await end_change(std::move(turn), topology, false);
        co_return;
    }
    Ending ending;
    for (const auto& [node, place] : held) hints_.strike(ending.batch, node, place);
    for (const NodeId& late : too_late(entry)) {
        owe_from(ending.batch, entry, late, nodes_in(entry, {State::Canceled}),
                 "it carried out task " + std::to_string(uid) + ", which was cancelled elsewhere");
    }
    const bool ended = co_await end_task(std::move(entry), 1, std::move(ending));
    if (!ended) co_return;
    for (const auto& [node, place] : held) hints_.struck(node, place);
}

// The last cancelation that named the task.
std::optional<std::uint64_t> Writer::canceler_of(std::uint64_t uid) const {
    std::optional<std::uint64_t> last;
    tasks_.for_each([&](const protocol::Task& task) {
        if (task.type != TaskType::TaskCancelation || task.uid < uid) return;
        const std::vector<std::uint64_t>& targets = tasks_.find(task.uid)->targets;
        if (std::ranges::find(targets, uid) != targets.end()) last = task.uid;
    });
    return last;
}

env::Task<std::uint64_t> Writer::delete_targets(const tasks::TaskEntry& entry) {
    std::vector<std::uint64_t> gone;
    for (const std::uint64_t target : entry.targets) {
        const tasks::TaskEntry* known = tasks_.find(target);
        if (known != nullptr && protocol::is_finished(known->task.status)) gone.push_back(target);
    }
    const Result<std::uint64_t> erased = co_await tasks_.erase(std::move(gone));
    co_return erased.value_or(0);
}

// True when there are more to forget.
env::Task<bool> Writer::forget_oldest() {
    const TaskRetention& kept = options_.tasks_kept;
    if (tasks_.size() >= kept.most) (void)co_await tasks_.erase(tasks_.oldest_finished(kept.most / 10));
    if (!kept.age || env_.clock.now() < look_for_old_at_) co_return false;
    const std::vector<std::uint64_t> old = tasks_.finished_before(env_.clock.wall() - *kept.age, kept.at_once);
    const bool more = old.size() == kept.at_once;
    if (!more) look_for_old_at_ = env_.clock.now() + kept.look_every;
    const Result<std::uint64_t> gone = co_await tasks_.erase(old);
    co_return more&& gone.has_value();
}

}  // namespace miroir::quorum
