// Submitting. What is durable before what: the task with the chosen uids before anything is sent (a crash then finds
// the node's own answer under that uid); the hints of what was missed before the client gets his 202.
#include "quorum/writer.h"

#include <algorithm>
#include <set>

#include "quorum/fold.h"

namespace miroir::quorum {

using tasks::NodeTask;

struct Writer::Sending {
    WriteOrder order;
    tasks::TaskEntry entry;               // its parts stand beside the requests of the order
    std::set<NodeId> nodes;               // by name, so that two orders never wait for each other's lanes
    std::vector<env::Lane::Pass> passes;
    std::vector<SendOutcome> outcomes;    // beside the requests; a part that is not sent stays Missed
};

Writer::Writer(env::Env env, http::Client& client, tasks::Store& store, tasks::TaskBook& tasks, CatalogBook& catalog,
               BehindBoard& board, WriterOptions options)
    : env_(env), client_(client), tasks_(tasks), catalog_(catalog), options_(std::move(options)), hints_(store, board) {}

env::Lane& Writer::lane(const IndexUid& index) { return lanes_.try_emplace(index, env_.executor).first->second; }

NodeLink& Writer::link(const NodeId& node) {
    std::unique_ptr<NodeLink>& link = links_[node];
    if (!link) link = std::make_unique<NodeLink>(env_, client_, node, options_.link);
    return *link;
}

void Writer::wake() {
    if (asleep_) asleep_->set(true);
}

tasks::TaskEntry Writer::entry_of(const WriteOrder& order) {
    tasks::TaskEntry entry;
    entry.task = order.task;
    entry.task.enqueued_at = env_.clock.wall();
    entry.verdict = order.verdict;
    entry.at_success = order.at_success;
    entry.targets = order.targets;
    for (const NodeRequest& request : order.requests) {
        entry.parts.push_back({.node = order.topology->node(request.node).id});
    }
    return entry;
}

env::Task<Result<void>> Writer::choose_uids(Sending& sending) {
    sending.outcomes.assign(sending.entry.parts.size(), SendOutcome{.kind = SendOutcome::Kind::Missed, .uid = 0, .error = {}});
    for (const NodeTask& part : sending.entry.parts) sending.nodes.insert(part.node);
    for (const NodeId& node : sending.nodes) sending.passes.push_back(co_await link(node).lane().enter());
    for (std::size_t i = 0; i < sending.entry.parts.size(); ++i) {
        NodeTask& part = sending.entry.parts[i];
        const cluster::Node& node = sending.order.topology->node(sending.order.requests[i].node);
        part.state = NodeTask::State::Missed;
        if (!node.writable() || hints_.any(part.node)) continue;
        const Result<std::uint64_t> uid = co_await link(part.node).next_uid(node.address);
        if (!uid) continue;
        part.uid = *uid;
        part.state = NodeTask::State::Planned;
    }
    co_return Result<void>{};
}

env::Task<Result<Receipt>> Writer::submit(WriteOrder order, std::vector<plan::CatalogChange> changes) {
    Sending sending;
    sending.entry = entry_of(order);
    sending.order = std::move(order);
    MIROIR_CO_CHECK(co_await choose_uids(sending));
    const std::uint64_t uid = tasks_.next_uid();
    tasks::Batch also;
    catalog_.plan(uid, std::move(changes), also, env_.clock.wall().time_since_epoch().count());
    sending_.insert(uid);
    const Result<std::uint64_t> begun = co_await tasks_.begin(sending.entry, std::move(also));
    if (!begun) {
        catalog_.forget(uid);
        sending_.erase(uid);
        co_return fail(begun.error());
    }
    sending.entry.task.uid = *begun;
    std::vector<env::Task<Result<void>>> sends;
    for (const NodeId& node : sending.nodes) sends.push_back(send_parts(sending, node));
    co_await env::gather(env_.executor, std::move(sends));
    Result<Receipt> receipt = co_await settle(sending);
    sending_.erase(*begun);
    wake();
    co_return receipt;
}

// All parts of one node in their order. What follows a part that the node does not have is not sent.
env::Task<Result<void>> Writer::send_parts(Sending& sending, NodeId id) {
    for (std::size_t i = 0; i < sending.entry.parts.size(); ++i) {
        const NodeTask& part = sending.entry.parts[i];
        if (part.node != id) continue;
        if (part.state != NodeTask::State::Planned) break;
        const cluster::Node& node = sending.order.topology->node(sending.order.requests[i].node);
        NodeRequest request = sending.order.requests[i];
        sending.outcomes[i] = co_await link(id).send(node.address, std::move(request), part.uid);
        if (sending.outcomes[i].kind != SendOutcome::Kind::Accepted) break;
    }
    co_return Result<void>{};
}

env::Task<Result<Receipt>> Writer::settle(Sending& sending) {
    const std::vector<SendOutcome>& outcomes = sending.outcomes;
    std::vector<std::uint8_t> accepted(outcomes.size(), 0);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        NodeTask& part = sending.entry.parts[i];
        accepted[i] = outcomes[i].kind == SendOutcome::Kind::Accepted;
        part.state = accepted[i] != 0 ? NodeTask::State::Accepted : NodeTask::State::Missed;
        if (accepted[i] != 0) part.uid = outcomes[i].uid;
    }
    const AckCount acks = count_acks(sending.order, accepted, options_.acks);
    if (!acks.short_of.empty() && !sending.order.verdict) {
        const auto refusal = std::ranges::find(outcomes, SendOutcome::Kind::Refused, &SendOutcome::kind);
        if (refusal != outcomes.end()) co_return co_await refuse(sending, refusal->error);
        Error error{.code = ErrorCode::MiroirNoQuorum,
                    .message = "Too few replicas of shard " + std::to_string(acks.short_of.front().value) +
                               " could take the write. Bring its nodes back, or lower `writes.acks`."};
        co_return co_await refuse(sending, std::move(error));
    }
    if (outcomes.empty()) co_return Receipt{.task = sending.entry.task, .degraded = {}};
    tasks::Batch hints;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        if (accepted[i] == 0) hints_.add(hints, sending.entry.parts[i].node, sending.entry.task.uid, sending.order.requests[i]);
    }
    const Result<void> kept = co_await tasks_.save(sending.entry, std::move(hints));
    if (!kept) co_return fail(kept.error());
    co_return Receipt{.task = sending.entry.task, .degraded = acks.degraded};
}

// Too few took it: the task is failed and says why. Copies that were taken meanwhile are completed by hints, so that
// replicas do not stay different.
env::Task<Result<Receipt>> Writer::refuse(Sending& sending, Error error) {
    tasks::TaskEntry entry = sending.entry;
    const bool taken_somewhere = std::ranges::any_of(entry.parts, [](const NodeTask& part) { return part.state != NodeTask::State::Missed; });
    entry.task.status = protocol::TaskStatus::Failed;
    entry.task.error = error;
    entry.task.finished_at = env_.clock.wall();
    tasks::Batch batch;
    if (taken_somewhere) {
        for (std::size_t i = 0; i < entry.parts.size(); ++i) {
            if (entry.parts[i].state == NodeTask::State::Missed) hints_.add(batch, entry.parts[i].node, entry.task.uid, sending.order.requests[i]);
        }
    }
    const std::int64_t now = env_.clock.wall().time_since_epoch().count();
    catalog_.end(entry.task.uid, taken_somewhere, batch, now);
    const Result<void> kept = co_await tasks_.save(std::move(entry), std::move(batch));
    if (kept) catalog_.committed_now(sending.entry.task.uid, now);
    co_return fail(std::move(error));
}

}  // namespace miroir::quorum
