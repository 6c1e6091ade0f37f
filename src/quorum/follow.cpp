// Following. Each round sends nodes what they are owed, asks every node that has unfinished parts, folds what has
// ended. Rounds follow each other quickly while something moves and slow down while nothing does.
#include <algorithm>

#include "env/log.h"
#include "quorum/fold.h"
#include "quorum/writer.h"

namespace miroir::quorum {

using tasks::NodeTask;
using State = NodeTask::State;

namespace {

// After it nothing is missed any more of what was lost.
bool empties_index(const protocol::Task& task) {
    if (!task.index_uid) return false;
    const bool all = task.type == protocol::TaskType::DocumentDeletion && task.details.find("providedIds") == nullptr;
    return all || task.type == protocol::TaskType::IndexDeletion;
}

// Nobody waits for the settings of a node that has left or was forgotten.
std::map<NodeId, std::uint64_t> of_members(std::map<NodeId, std::uint64_t> versions,
                                           const cluster::Topology& topology) {
    std::erase_if(versions, [&topology](const auto& version) {
        const auto place = topology.find(version.first);
        return !place || topology.node(*place).standing.role == cluster::NodeRole::Removed;
    });
    return versions;
}

}  // namespace

env::Task<void> Writer::follow(std::function<cluster::TopologyPtr()> topology, env::Cancel stop) {
    std::chrono::nanoseconds pause = options_.poll_least;
    std::vector<std::uint64_t> unfinished;
    for (const tasks::TaskEntry* entry : tasks_.unfinished()) unfinished.push_back(entry->task.uid);
    for (const std::uint64_t uid : unfinished) co_await shifting_.announce(uid);
    while (!stop.requested()) {
        const bool moved = co_await follow_once(topology());
        pause = moved ? options_.poll_least : std::min(pause * 2, options_.poll_most);
        const bool idle = tasks_.unfinished().empty();
        if (std::exchange(woken_, false)) pause = options_.poll_least;
        else if (idle) pause = options_.poll_most;
        const env::OneShot<bool> woken(env_.executor);
        asleep_ = woken;
        const env::TimerId timer = env_.executor.at(env_.clock.now() + pause, [woken] { woken.set(false); });
        const env::Cancel::Hook hook(stop, [woken] { woken.set(false); });
        const bool by_write = co_await woken;
        env_.executor.cancel(timer);
        asleep_.reset();
        if (by_write) pause = options_.poll_least;
    }
}

env::Task<bool> Writer::follow_once(cluster::TopologyPtr topology) {
    shifting_.forget_ended();
    answers_.plan({});
    bool moved = false;
    std::vector<env::Task<bool>> replays;
    for (const cluster::Node& node : topology->nodes()) {
        co_await shed_hints(topology, node.id);
        if (hints_.any(node.id)) replays.push_back(replay_hints(topology, node));
    }
    for (const bool replayed : co_await env::gather(env_.executor, std::move(replays))) moved = moved || replayed;
    for (const cluster::Node& node : topology->nodes()) {
        const bool mended = co_await mend_settings(node);
        moved = moved || mended;
    }
    const plan::CatalogPtr catalog = catalog_.committed();
    for (const auto& [uid, index] : catalog->indexes) {
        std::map<NodeId, std::uint64_t> versions = of_members(index->node_versions, *topology);
        if (versions.size() == index->node_versions.size() || is_changing(uid)) continue;
        co_await set_versions(index, std::move(versions), index->settings_print);
    }
    const bool freed = co_await free_orphans();
    moved = moved || freed;
    std::uint64_t newer = sending_.empty() ? tasks_.next_uid() : *sending_.begin();
    const auto has_cancelation = [this](std::uint64_t& from) {
        for (; from < tasks_.next_uid() && !sending_.contains(from); ++from) {
            const tasks::TaskEntry* entry = tasks_.find(from);
            if (entry != nullptr && entry->task.type == protocol::TaskType::TaskCancelation) return true;
        }
        return false;
    };
    const bool canceled = co_await carry_cancelations(topology);
    moved = moved || canceled;
    std::vector<std::uint64_t> open;
    for (const tasks::TaskEntry* entry : tasks_.unfinished()) open.push_back(entry->task.uid);
    co_await ask_about(open, *topology);
    std::set<std::string> held;  // indexes whose next task waits for nodes that are away
    const std::uint64_t releases = hints_.releases();
    for (const std::uint64_t uid : open) {
        if (sending_.contains(uid)) break;
        const tasks::TaskEntry* entry = tasks_.find(uid);
        if (entry == nullptr || entry->carried_by) continue;  // that ends with its carrier
        const std::vector<std::string> indexes = tasks::indexes_of(entry->task);
        if (indexes.empty() && !held.empty()) break;
        if (const OwnWork* work = own_work(*entry)) {
            if (at_own_work_.insert(uid).second) env::spawn(env_.executor, carry_out(uid, *work));
            continue;
        }
        const bool behind =
            std::ranges::any_of(indexes, [&held](const std::string& index) { return held.contains(index); });
        const Followed followed = behind ? Followed::Stuck : co_await follow_task(uid, topology);
        moved = moved || followed == Followed::Ended;
        if (hints_.releases() != releases) co_return true;  // clients wait for what was let go to be sent
        if (has_cancelation(newer)) co_return true;         // it overtakes the rest: nodes may soon begin what it names
        if (followed == Followed::Waiting || (followed == Followed::Stuck && indexes.empty())) break;
        if (followed == Followed::Stuck) held.insert(indexes.begin(), indexes.end());  // their tasks end in their order
    }
    const bool more = co_await forget_oldest();
    co_return moved || more;
}

// Each node is asked once for all that is open there: one question for each part, one after another, would let no more
// tasks end, and no more of what nodes are owed go out, than so many answers come in a second.
env::Task<void> Writer::ask_about(std::vector<std::uint64_t> open, const cluster::Topology& topology) {
    std::vector<const tasks::TaskEntry*> entries;
    for (const std::uint64_t uid : open) {
        if (sending_.contains(uid)) break;
        if (const tasks::TaskEntry* entry = tasks_.find(uid)) entries.push_back(entry);
    }
    answers_.plan(entries);
    std::vector<env::Task<bool>> questions;
    for (const NodeId& node : answers_.nodes()) {
        const std::optional<cluster::NodeIndex> index = topology.find(node);
        if (index && topology.node(*index).writable())
            questions.push_back(answers_.ask(link(node), topology.node(*index).address));
    }
    co_await env::gather(env_.executor, std::move(questions));
}

const Writer::OwnWork* Writer::own_work(const tasks::TaskEntry& entry) const {
    const auto found = own_work_.find(entry.task.type);
    return found == own_work_.end() || entry.verdict ? nullptr : &found->second;
}

env::Task<void> Writer::carry_out(std::uint64_t uid, OwnWork work) {
    tasks_.start(uid, env_.clock.wall());
    Result<json::Value> done = co_await work(tasks_.find(uid)->task, tasks_.find(uid)->wish);
    const tasks::TaskEntry* known = tasks_.find(uid);
    if (known != nullptr && !protocol::is_finished(known->task.status)) {  // it may have been cancelled meanwhile
        tasks::TaskEntry entry = *known;
        entry.task.status = done ? protocol::TaskStatus::Succeeded : protocol::TaskStatus::Failed;
        if (done) entry.task.details = *std::move(done);
        else entry.task.error = done.error();
        (void)co_await end_task(std::move(entry), 1);
    }
    at_own_work_.erase(uid);
    wake();
}

// What the nodes say of the parts that they have accepted: all nodes at once, each of all its parts.
env::Task<void> Writer::look_after_parts(std::span<tasks::TaskEntry> entries, cluster::TopologyPtr topology) {
    std::map<NodeId, std::set<std::uint64_t>> uids;
    for (tasks::TaskEntry& entry : entries) {
        for (NodeTask& part : entry.parts) {
            if (part.state != State::Accepted) continue;
            const std::optional<cluster::NodeIndex> index = topology->find(part.node);
            if (!index) part.state = State::Missed;  // the node has left the cluster
            if (!index || !topology->node(*index).writable() || answers_.is_silent(part.node)) continue;
            const std::optional<json::Value> told = answers_.take(part.node, part.uid);
            if (told && !told->is_null()) take_node_task(part, *told);
            else uids[part.node].insert(part.uid);
        }
    }
    std::vector<env::Task<Result<NodeLink::Told>>> asking;
    for (const auto& [node, of_node] : uids)
        asking.push_back(
            link(node).tasks(topology->node(*topology->find(node)).address, {of_node.begin(), of_node.end()}));
    const std::vector<Result<NodeLink::Told>> told = co_await env::gather(env_.executor, std::move(asking));
    for (tasks::TaskEntry& entry : entries) {
        for (NodeTask& part : entry.parts) {
            const auto asked = uids.find(part.node);
            if (asked == uids.end() || !asked->second.contains(part.uid)) continue;
            const auto& said = told[static_cast<std::size_t>(std::distance(uids.begin(), asked))];
            if (!said) continue;
            if (const auto found = said->find(part.uid); found != said->end()) take_node_task(part, found->second);
            else co_await note_loss(entry, part, topology);
        }
    }
}

// The node does not know the part that it had acknowledged: an older disk, or an empty one.
env::Task<void> Writer::note_loss(tasks::TaskEntry& entry, NodeTask& part, cluster::TopologyPtr topology) {
    tasks::Batch batch;
    owe_task(batch, part.node, entry.task.uid, "the node no longer knows its task " + std::to_string(part.uid));
    env_.log.error("quorum", "a node has lost an acknowledged write",
                   {{"node", part.node.value}, {"task", entry.task.uid}});
    const Result<void> kept = co_await store_.commit(std::move(batch));
    if (!kept) co_return;
    part.state = State::Missed;
    judge_loss(entry, *topology, part);
}

// The node has lost its part. Where no other has it, one for which it is still kept has to get it; else it is gone.
void Writer::judge_loss(tasks::TaskEntry& entry, const cluster::Topology& topology, NodeTask& part) const {
    std::set<NodeId> lacking;
    std::set<NodeId> without_hint;
    for (const NodeTask& other : entry.parts) {
        if (other.state != State::Missed) continue;
        lacking.insert(other.node);
        if (!hints_.keeps(other.node, entry.task.uid)) without_hint.insert(other.node);
    }
    if (covered(entry, topology, lacking)) return;
    if (covered(entry, topology, without_hint)) {
        for (NodeTask& other : entry.parts) {
            if (other.state == State::Missed && !without_hint.contains(other.node)) other.state = State::Planned;
        }
        return;
    }
    part.state = State::Failed;
    part.error = Error{.code = ErrorCode::MiroirShardUnavailable,
                       .message = "Node " + part.node.value + " came back without this write, and no other has it."};
}

// Does every shard of the index have a copy on another node than these? Looks at more shards than the task touches,
// which is the safe side.
bool Writer::covered(const tasks::TaskEntry& entry, const cluster::Topology& topology, const std::set<NodeId>& without,
                     Debtors debtors) const {
    const plan::IndexPtr index =
        entry.task.index_uid ? catalog_.projected().find(IndexUid{*entry.task.index_uid}) : nullptr;
    const std::uint32_t shards = index ? index->shards : topology.shards();
    for (std::uint32_t shard = 0; shard < shards; ++shard) {
        const auto replicas = topology.replicas_of(ShardId{shard});
        const auto serves = [](const cluster::Replica& r) { return r.role == cluster::ReplicaRole::Serving; };
        const auto owes = [&](const cluster::Replica& replica) {
            return index && debts_.lacks(topology.node(replica.node).id, index->uid, {ShardId{shard}});
        };
        const bool hopeless = debtors == Debtors::WhereAllAre && std::ranges::all_of(replicas, owes);
        const bool held = std::ranges::any_of(replicas, [&](const cluster::Replica& replica) {
            return serves(replica) && !without.contains(topology.node(replica.node).id) && (hopeless || !owes(replica));
        });
        if (!held) return false;
    }
    return true;
}

// True when only nodes that are away still have to say something. When others hold all that they hold, they do not
// keep the client waiting: they are behind until they have ended it.
bool Writer::excuse_absent(tasks::TaskEntry& entry, const cluster::Topology& topology, Ending& ending) {
    std::set<NodeId> lacking;
    for (const NodeTask& part : entry.parts) {
        const bool open = part.state < State::Missed;
        const std::optional<cluster::NodeIndex> index = topology.find(part.node);
        const bool here = index && topology.node(*index).writable();
        if (open && part.state == State::Accepted && here) return false;
        if (open && here && !hints_.any_loud(part.node)) return false;
        if (open || part.state == State::Missed) lacking.insert(part.node);
    }
    if (!covered(entry, topology, lacking)) return true;
    for (std::size_t i = 0; i < entry.parts.size(); ++i) {
        NodeTask& part = entry.parts[i];
        if (part.state >= State::Missed) continue;
        if (part.state == State::Accepted) {
            Hints::Hint hint{.task = entry.task.uid, .part = i, .uid = part.uid, .awaited = true};
            ending.owed.emplace_back(part.node, hints_.add(ending.batch, part.node, std::move(hint)));
        }
        part.state = State::Missed;
        hints_.speak_up(part.node);
    }
    return true;
}

// A node that failed where another succeeded with the same has gone wrong by itself: it is in debt. Where the others
// lack too much to be taken at their word the task has failed, and they follow that, as far as somebody can give them
// what was before.
void Writer::excuse_failed(tasks::TaskEntry& entry, const cluster::Topology& topology, Ending& ending) {
    std::map<NodeId, std::size_t> steps;
    std::vector<std::size_t> step_of;  // a part's place among those of its node
    std::set<std::size_t> good;
    const std::set<NodeId> lacking = nodes_in(entry, {State::Failed, State::Missed});
    const std::set<NodeId> failed = nodes_in(entry, {State::Failed});
    for (const NodeTask& part : entry.parts) {
        step_of.push_back(steps[part.node]++);
        if (part.state == State::Succeeded) good.insert(step_of.back());
    }
    if (failed.empty()) return;
    if (!covered(entry, topology, lacking)) {
        const std::string why = "it carried out task " + std::to_string(entry.task.uid) + ", which failed elsewhere";
        for (const auto& [node, parts] : steps) {
            if (!lacking.contains(node)) owe_from(ending.batch, entry, node, failed, why);
        }
        return;
    }
    for (std::size_t i = 0; i < entry.parts.size(); ++i) {
        NodeTask& part = entry.parts[i];
        if (part.state != State::Failed || !good.contains(step_of[i])) continue;
        owe_task(ending.batch, part.node, entry.task.uid,
                 "its part of task " + std::to_string(entry.task.uid) +
                     " failed: " + (part.error ? part.error->message : "unknown"));
        env_.log.error("quorum", "a node failed where its peers succeeded",
                       {{"node", part.node.value}, {"task", entry.task.uid}});
        part.state = State::Missed;
    }
}

env::Task<Writer::Followed> Writer::follow_task(std::uint64_t uid, cluster::TopologyPtr topology) {
    const tasks::TaskEntry* known = tasks_.find(uid);
    if (known == nullptr || protocol::is_finished(known->task.status)) co_return Followed::Ended;
    if (known->task.type == protocol::TaskType::TaskCancelation)
        co_return Followed::Ended;  // overtakes the others elsewhere
    if (changes_.contains(uid)) co_return co_await follow_change(uid, topology);
    tasks_.start(uid, env_.clock.wall());
    tasks::TaskEntry entry = *tasks_.find(uid);
    co_await look_after_parts(std::span(&entry, 1), topology);
    Ending ending;
    if (!all_ended(entry)) {
        const bool only_absent = excuse_absent(entry, *topology, ending);
        if (!all_ended(entry)) co_return only_absent ? Followed::Stuck : Followed::Waiting;
    }
    // Some node was busy for longer than its cancelation was waited for, and has called its part off only now.
    const std::optional<std::uint64_t> by = any_canceled(entry) ? canceler_of(uid) : std::nullopt;
    if (by) {
        co_await cancel_task(uid, *by, topology);
        co_return protocol::is_finished(tasks_.find(uid)->task.status) ? Followed::Ended : Followed::Waiting;
    }
    excuse_failed(entry, *topology, ending);
    if (entry.task.type == protocol::TaskType::TaskDeletion) {
        const std::uint64_t deleted = co_await delete_targets(entry);
        entry.task.details["deletedTasks"] = deleted;
    }
    const bool ended = co_await end_task(std::move(entry), topology->copies(), std::move(ending));
    // What the store did not take holds up all that comes behind it: tasks of an index end in their order.
    co_return ended ? Followed::Ended : Followed::Waiting;
}

env::Task<bool> Writer::end_task(tasks::TaskEntry entry, std::uint32_t copies, Ending ending) {
    entry.wish = json::Value();
    const std::uint64_t uid = entry.task.uid;
    entry.task.finished_at = env_.clock.wall();
    if (!protocol::is_finished(entry.task.status)) fold_parts(entry, copies);
    const bool succeeded = entry.task.status == protocol::TaskStatus::Succeeded;
    const bool creates = !succeeded && (entry.task.type == protocol::TaskType::DocumentAdditionOrUpdate ||
                                        entry.task.type == protocol::TaskType::SettingsUpdate);
    const std::int64_t now = env_.clock.wall().time_since_epoch().count();
    tasks::Batch batch = std::move(ending.batch);
    if (succeeded && empties_index(entry.task)) debts_.forget_losses(batch, IndexUid{*entry.task.index_uid});
    if (succeeded) tasks_.rename_indexes(catalog_.renames_of(uid), uid, batch);
    catalog_.end(uid,
                 succeeded ? CatalogBook::Outcome::All
                 : creates ? CatalogBook::Outcome::Creations
                           : CatalogBook::Outcome::Nothing,
                 batch, now);
    const Result<void> kept = co_await tasks_.save(std::move(entry), std::move(batch));
    if (!kept) co_return false;  // the next round tries again
    for (const auto& [node, place] : ending.owed) hints_.owe(node, place);
    catalog_.committed_now(uid, now);
    shifting_.forget_ended();
    co_return true;
}

}  // namespace miroir::quorum
