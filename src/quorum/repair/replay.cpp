// Sending nodes what they are owed, all nodes side by side, each in its order. The node's lane is held, so that nothing
// newer overtakes it. A node is caught up only when it has carried out the last of it.
#include "env/log.h"
#include "quorum/fold.h"
#include "quorum/writer.h"

namespace miroir::quorum {

using State = tasks::NodeTask::State;

// True when something moved. Many in one turn, which the clients' writes wait for: twice as many as those have added
// since the last one, or a node would never catch up with clients that write all the time.
env::Task<bool> Writer::replay_hints(cluster::TopologyPtr topology, cluster::Node node) {
    constexpr std::uint64_t kInOneTurn = 64;
    constexpr std::chrono::milliseconds kTurn(100);
    constexpr std::chrono::milliseconds kLongest(500);
    if (!node.writable() || !hints_.any(node.id)) co_return false;
    const env::Lane::Pass pass = co_await link(node.id).lane().enter();
    const env::Monotonic began = env_.clock.now();
    const std::uint64_t least = 2 * hints_.came_since_asked(node.id);
    std::uint64_t replayed = 0;
    for (bool more = true; more && replayed < kInOneTurn; replayed += more ? 1 : 0) {
        const std::chrono::nanoseconds taken = env_.clock.now() - began;
        if (taken >= (replayed < least ? kLongest : kTurn)) break;
        more = co_await replay_hint(topology, node);
    }
    co_return replayed > 0;
}

// Under the node's lane.
env::Task<bool> Writer::replay_hint(cluster::TopologyPtr topology, cluster::Node node) {
    Result<std::optional<Hints::Hint>> hint = co_await hints_.first(node.id);
    if (!hint || !*hint) co_return false;
    const bool awaited = (*hint)->awaited;
    env::Task<bool> replaying =
        awaited ? await_hint(topology, node, **std::move(hint)) : send_hint(node, **std::move(hint));
    co_return co_await replaying;
}

env::Task<bool> Writer::send_hint(cluster::Node node, Hints::Hint hint) {
    NodeLink& to = link(node.id);
    if (!hint.uid) {
        if (const auto used = hints_.highest_uid(node.id)) to.reserve_up_to(*used);
        const Result<std::uint64_t> chosen = co_await to.next_uid(node.address);
        if (!chosen) co_return false;
        hint.uid = *chosen;
        tasks::Batch batch;
        hints_.change(batch, node.id, hint);
        const Result<void> kept = co_await store_.commit(std::move(batch));
        if (!kept) co_return false;
    }
    to.reserve_up_to(*hint.uid);
    NodeRequest request = hint.request;
    const SendOutcome outcome = co_await to.send(node.address, std::move(request), *hint.uid);
    if (outcome.kind == SendOutcome::Kind::Accepted)
        co_return co_await hint_accepted(node.id, std::move(hint), outcome);
    if (outcome.kind == SendOutcome::Kind::Refused) {
        env_.log.warn("quorum", "a node refuses what it is owed",
                      {{"node", node.id.value}, {"task", hint.task}, {"why", outcome.error.message}});
    }
    // It would be refused again: the node finds fault with the request itself, or settings decide by what it shows.
    const bool of_settings = hint.task == Hints::kNoTask || changes_.contains(hint.task);
    const bool is_final = of_settings || error_row(outcome.error.code).type == ErrorType::InvalidRequest;
    if (outcome.kind == SendOutcome::Kind::Refused && is_final) {
        const bool given_up = co_await give_up(node.id, hint, outcome.error);
        if (given_up) co_return true;
    }
    if (outcome.kind != SendOutcome::Kind::Overtaken) co_return false;
    to.ask_anew();
    hint.uid.reset();
    tasks::Batch batch;
    hints_.change(batch, node.id, hint);
    const Result<void> kept = co_await store_.commit(std::move(batch));
    co_return kept.has_value();
}

// What a node will not take holds back nothing behind it. The task has its verdict from the others; where it has ended
// well, the node gets what they have.
env::Task<bool> Writer::give_up(NodeId node, Hints::Hint hint, Error why) {
    const bool repair = hint.task == Hints::kNoTask;
    const env::Lane::Pass one_by_one = co_await replayed_.enter();
    const tasks::TaskEntry* known = repair ? nullptr : tasks_.find(hint.task);
    const bool open = known != nullptr && !protocol::is_finished(known->task.status) && hint.part < known->parts.size();
    tasks::Batch batch;
    hints_.strike(batch, node, hint.place);
    if (repair) note_refusal(node);
    else if (!open && (known == nullptr || known->task.status == protocol::TaskStatus::Succeeded))
        owe_task(batch, node, hint.task, "it refused the task");
    Result<void> kept;
    if (open) {
        tasks::TaskEntry entry = *known;
        entry.parts[hint.part].state = State::Failed;
        entry.parts[hint.part].error = std::move(why);
        kept = co_await tasks_.save(std::move(entry), std::move(batch));
    } else {
        kept = co_await store_.commit(std::move(batch));
    }
    if (kept) hints_.struck(node, hint.place);
    co_return kept.has_value();
}

env::Task<bool> Writer::hint_accepted(NodeId node, Hints::Hint hint, SendOutcome outcome) {
    const std::uint64_t uid = outcome.uid;
    const bool last = hints_.to_send(node) == 1;
    const std::uint64_t place = hint.place;
    const std::uint64_t task = hint.task;
    const std::size_t part = hint.part;
    tasks::Batch batch;
    witnesses_.took(batch, node, {.uid = uid, .enqueued_at = outcome.enqueued_at});
    if (last) {
        hint.uid = uid;
        hint.awaited = true;
        hint.request = {};
        hints_.change(batch, node, hint);
    } else {
        hints_.strike(batch, node, place);
    }
    const env::Lane::Pass one_by_one = co_await replayed_.enter();
    const tasks::TaskEntry* known = tasks_.find(task);
    const bool open = known != nullptr && !protocol::is_finished(known->task.status) && part < known->parts.size() &&
                      known->parts[part].state <= State::Missed;
    Result<void> kept;
    if (open) {
        tasks::TaskEntry entry = *known;
        entry.parts[part].state = State::Accepted;
        entry.parts[part].uid = uid;
        kept = co_await tasks_.save(std::move(entry), std::move(batch));
    } else {
        kept = co_await store_.commit(std::move(batch));
    }
    if (kept && !last) hints_.struck(node, place);
    co_return kept.has_value();
}

env::Task<bool> Writer::await_hint(cluster::TopologyPtr topology, cluster::Node node, Hints::Hint hint) {
    const Result<std::optional<json::Value>> said = co_await link(node.id).task(node.address, *hint.uid);
    if (!said) co_return false;
    tasks::NodeTask part;
    if (*said) take_node_task(part, **said);
    if (*said && part.state < State::Missed) co_return false;
    const tasks::TaskEntry* known = tasks_.find(hint.task);
    const bool went_well = known == nullptr || known->task.status == protocol::TaskStatus::Succeeded;
    tasks::Batch batch;
    hints_.strike(batch, node.id, hint.place);
    const bool repair =
        hint.task == Hints::kNoTask;  // of settings: what the node shows decides, see settings_repair.cpp
    if (repair && part.state == State::Failed) note_refusal(node.id);
    if (!repair && (!*said || (went_well && part.state == State::Failed))) {
        env_.log.error("quorum", "a node lacks what its peers have", {{"node", node.id.value}, {"task", hint.task}});
        owe_task(batch, node.id, hint.task, *said ? "its task failed" : "the node no longer knows its task");
    }
    if (!repair && !went_well && part.state == State::Succeeded && protocol::is_finished(known->task.status)) {
        owe_from(batch, *known, node.id, nodes_in(*known, {State::Failed, State::Canceled}),
                 "it carried out task " + std::to_string(hint.task) + " late, and the others had not");
    }
    const Result<void> kept = co_await store_.commit(std::move(batch));
    if (kept) hints_.struck(node.id, hint.place);
    co_return kept.has_value();
}

// More is owed than is to be kept, or what was kept is damaged: the node gets a copy of all that it holds instead. A
// write that nobody took yet cannot be completed any more.
env::Task<void> Writer::shed_hints(cluster::TopologyPtr topology, NodeId node) {
    const bool damaged = hints_.damaged(node);
    if (!damaged && hints_.bytes(node) <= options_.hint_bytes_max) co_return;
    const std::string why = damaged ? "what was kept for it cannot be read any more"
                                    : "it was away for longer than its writes could be kept";
    const env::Lane::Pass pass = co_await link(node).lane().enter();
    std::vector<std::uint64_t> waiting;
    for (const tasks::TaskEntry* entry : tasks_.unfinished()) {
        if (!sending_.contains(entry->task.uid)) waiting.push_back(entry->task.uid);
    }
    for (const std::uint64_t uid : waiting) {
        const tasks::TaskEntry* known = tasks_.find(uid);
        if (known == nullptr) continue;
        tasks::TaskEntry entry = *known;
        bool changed = false;
        for (tasks::NodeTask& part : entry.parts) {
            if (part.node != node || part.state != State::Planned) continue;
            part.state = State::Failed;
            part.error = Error{.code = ErrorCode::MiroirNoQuorum,
                               .message = "Node " + node.value + " cannot get this write any more: " + why + "."};
            changed = true;
        }
        if (!changed) continue;
        const Result<void> saved = co_await tasks_.save(std::move(entry));
        if (!saved) co_return;
    }
    tasks::Batch batch;
    const std::vector<std::uint64_t> places = hints_.drop_all(batch, node);
    owe_all(batch, node, why);
    const Result<void> kept = co_await store_.commit(std::move(batch));
    if (!kept) co_return;
    for (const std::uint64_t place : places) hints_.struck(node, place);
    hints_.forget_damage(node);
    env_.log.warn("quorum", "a node misses more than is kept for it: it gets a copy when it is back",
                  {{"node", node.value}, {"writes", places.size()}, {"why", why}});
}

}  // namespace miroir::quorum
