// Following. Each round asks every node that has unfinished parts, folds what has ended, replays hints to nodes that
// are back. Rounds follow each other quickly while something moves and slow down while nothing does.
#include <algorithm>

#include "quorum/fold.h"
#include "quorum/writer.h"

namespace miroir::quorum {

using tasks::NodeTask;
using State = NodeTask::State;

namespace {

std::uint32_t copies_of(const cluster::Topology& topology) { return topology.replicas() * topology.groups(); }

}  // namespace

env::Task<void> Writer::follow(std::function<cluster::TopologyPtr()> topology, env::Cancel stop) {
    std::chrono::nanoseconds pause = options_.poll_least;
    while (!stop.requested()) {
        const bool moved = co_await follow_once(topology());
        pause = moved ? options_.poll_least : std::min(pause * 2, options_.poll_most);
        const bool idle = tasks_.unfinished().empty();
        const env::OneShot<bool> woken(env_.executor);
        asleep_ = woken;
        const env::TimerId timer = env_.executor.at(env_.clock.now() + (idle ? options_.poll_most : pause), [woken] { woken.set(false); });
        const env::Cancel::Hook hook(stop, [woken] { woken.set(false); });
        const bool by_write = co_await woken;
        env_.executor.cancel(timer);
        asleep_.reset();
        if (by_write) pause = options_.poll_least;
    }
}

env::Task<bool> Writer::follow_once(cluster::TopologyPtr topology) {
    bool moved = false;
    for (const cluster::Node& node : topology->nodes()) {
        const bool replayed = co_await replay_hint(node);
        moved = moved || replayed;
    }
    const bool canceled = co_await carry_cancelations(topology);
    moved = moved || canceled;
    std::vector<std::uint64_t> open;
    for (const tasks::TaskEntry* entry : tasks_.unfinished()) open.push_back(entry->task.uid);
    for (const std::uint64_t uid : open) {
        if (sending_.contains(uid)) break;
        const bool ended = co_await follow_task(uid, topology);
        moved = moved || ended;
        if (!ended) break;  // tasks end in their order, as on one node
    }
    co_await forget_oldest();
    co_return moved;
}

// One hint a round and node: the node's lane is held, so that nothing newer overtakes it.
env::Task<bool> Writer::replay_hint(cluster::Node node) {
    if (!node.writable() || !hints_.any(node.id)) co_return false;
    NodeLink& to = link(node.id);
    const env::Lane::Pass pass = co_await to.lane().enter();
    const Result<std::optional<Hints::Hint>> hint = co_await hints_.first(node.id);
    if (!hint || !*hint) co_return false;
    const Result<std::uint64_t> uid = co_await to.next_uid(node.address);
    if (!uid) co_return false;
    const SendOutcome outcome = co_await to.send(node.address, (*hint)->request, *uid);
    if (outcome.kind != SendOutcome::Kind::Accepted && outcome.kind != SendOutcome::Kind::Refused) co_return false;
    const Result<void> dropped = co_await hints_.drop(node.id, (*hint)->place);
    co_return dropped.has_value();
}

// What the nodes say of the parts that have not ended.
env::Task<void> Writer::look_after_parts(tasks::TaskEntry& entry, cluster::TopologyPtr topology) {
    for (NodeTask& part : entry.parts) {
        if (part.state >= State::Missed) continue;
        const std::optional<cluster::NodeIndex> index = topology->find(part.node);
        if (!index) {
            part.state = State::Missed;  // the node has left the cluster
            continue;
        }
        const cluster::Node& node = topology->node(*index);
        if (!node.writable()) continue;
        const Result<std::optional<json::Value>> said = co_await link(part.node).task(node.address, part.uid);
        if (!said) continue;
        if (*said) take_node_task(part, **said);
        else part.state = State::Missed;  // it never had it
    }
}

env::Task<bool> Writer::follow_task(std::uint64_t uid, cluster::TopologyPtr topology) {
    const tasks::TaskEntry* known = tasks_.find(uid);
    if (known == nullptr || protocol::is_finished(known->task.status)) co_return true;
    if (known->task.type == protocol::TaskType::TaskCancelation) co_return true;  // overtakes the others elsewhere
    tasks_.start(uid, env_.clock.wall());
    tasks::TaskEntry entry = *tasks_.find(uid);
    co_await look_after_parts(entry, topology);
    if (!all_ended(entry)) co_return false;
    if (entry.task.type == protocol::TaskType::TaskDeletion) {
        const std::uint64_t deleted = co_await delete_targets(entry);
        entry.task.details["deletedTasks"] = deleted;
    }
    co_await end_task(std::move(entry), copies_of(*topology));
    co_return true;
}

env::Task<void> Writer::end_task(tasks::TaskEntry entry, std::uint32_t copies) {
    const std::uint64_t uid = entry.task.uid;
    entry.task.finished_at = env_.clock.wall();
    if (!protocol::is_finished(entry.task.status)) fold_parts(entry, copies);
    const bool succeeded = entry.task.status == protocol::TaskStatus::Succeeded;
    const bool creates = entry.task.status == protocol::TaskStatus::Canceled && entry.task.type == protocol::TaskType::DocumentAdditionOrUpdate;
    const std::int64_t now = env_.clock.wall().time_since_epoch().count();
    tasks::Batch batch;
    if (succeeded) tasks_.rename_indexes(catalog_.renames_of(uid), uid, batch);
    catalog_.end(uid, succeeded ? CatalogBook::Outcome::All : creates ? CatalogBook::Outcome::Creations : CatalogBook::Outcome::Nothing, batch, now);
    const Result<void> kept = co_await tasks_.save(std::move(entry), std::move(batch));
    if (!kept) co_return;  // the next round tries again
    catalog_.committed_now(uid, now);
}

}  // namespace miroir::quorum
