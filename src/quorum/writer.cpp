// Submitting. What is durable before what: the task with the chosen uids before anything is sent (a crash then finds
// the node's own answer under that uid); the hints of what was missed before the client gets his 202.
#include "quorum/writer.h"

#include <algorithm>

#include "quorum/fold.h"

namespace miroir::quorum {

using tasks::NodeTask;

struct Writer::Sending {
    WriteOrder order;
    tasks::TaskEntry entry;
    std::vector<env::Lane::Pass> passes;  // of the nodes, by name
    std::vector<bool> sent;               // false: the node is not asked, it gets a hint
};

Writer::Writer(env::Env env, http::Client& client, tasks::Store& store, tasks::TaskBook& tasks, CatalogBook& catalog,
               WriterOptions options)
    : env_(env), client_(client), tasks_(tasks), catalog_(catalog), options_(std::move(options)), hints_(store) {}

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
    for (const NodeRequest& request : order.requests) {
        entry.parts.push_back({.node = order.topology->node(request.node).id});
    }
    return entry;
}

// Enters the lanes in the order of the nodes' names, so that two orders never wait for each other.
env::Task<Result<void>> Writer::choose_uids(Sending& sending) {
    std::vector<std::size_t> by_name(sending.order.requests.size());
    for (std::size_t i = 0; i < by_name.size(); ++i) by_name[i] = i;
    std::ranges::sort(by_name, {}, [&](std::size_t i) { return sending.entry.parts[i].node; });
    sending.sent.assign(by_name.size(), false);
    for (const std::size_t i : by_name) {
        NodeTask& part = sending.entry.parts[i];
        const cluster::Node& node = sending.order.topology->node(sending.order.requests[i].node);
        sending.passes.push_back(co_await link(part.node).lane().enter());
        part.state = NodeTask::State::Missed;
        if (!node.writable() || hints_.any(part.node)) continue;
        const Result<std::uint64_t> uid = co_await link(part.node).next_uid(node.address);
        if (!uid) continue;
        part.uid = *uid;
        part.state = NodeTask::State::Planned;
        sending.sent[i] = true;
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
    const Result<std::uint64_t> begun = co_await tasks_.begin(sending.entry, std::move(also));
    if (!begun) {
        catalog_.forget(uid);
        co_return fail(begun.error());
    }
    sending.entry.task.uid = *begun;
    std::vector<env::Task<SendOutcome>> sends;
    for (std::size_t i = 0; i < sending.order.requests.size(); ++i) sends.push_back(send_part(sending, i));
    std::vector<SendOutcome> outcomes = co_await env::gather(env_.executor, std::move(sends));
    Result<Receipt> receipt = co_await settle(sending, std::move(outcomes));
    wake();
    co_return receipt;
}

env::Task<SendOutcome> Writer::send_part(Sending& sending, std::size_t place) {
    if (!sending.sent[place]) co_return SendOutcome{.kind = SendOutcome::Kind::Missed, .uid = 0, .error = {}};
    const NodeTask& part = sending.entry.parts[place];
    const cluster::Node& node = sending.order.topology->node(sending.order.requests[place].node);
    NodeRequest request = sending.order.requests[place];
    co_return co_await link(part.node).send(node.address, std::move(request), part.uid);
}

env::Task<Result<Receipt>> Writer::settle(Sending& sending, std::vector<SendOutcome> outcomes) {
    std::vector<std::uint8_t> accepted(outcomes.size(), 0);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        NodeTask& part = sending.entry.parts[i];
        accepted[i] = outcomes[i].kind == SendOutcome::Kind::Accepted;
        part.state = accepted[i] ? NodeTask::State::Accepted : NodeTask::State::Missed;
        if (outcomes[i].kind == SendOutcome::Kind::Unknown) part.state = NodeTask::State::Planned;
        if (accepted[i]) part.uid = outcomes[i].uid;
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
    tasks::Batch hints;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        if (accepted[i] == 0) hints_.add(hints, sending.entry.parts[i].node, sending.entry.task.uid, sending.order.requests[i]);
        if (accepted[i] == 0) sending.entry.parts[i].state = NodeTask::State::Missed;
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
