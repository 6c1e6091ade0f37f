// Submitting. What is durable before what: the task, the chosen uids and all requests before anything is sent, so that
// after a crash whatever a node lacks is sent again under the same uid; the strikes and debts before the client's 202.
#include "quorum/writer.h"

#include <algorithm>
#include <set>

#include "quorum/fold.h"

namespace miroir::quorum {

using tasks::NodeTask;

struct Writer::Sending {
    WriteOrder order;
    cluster::TopologyPtr latest;                        // of when its lanes were entered
    tasks::TaskEntry entry;                             // its parts stand beside the requests of the order
    std::set<NodeId> nodes;                             // by name, so that two orders never wait for each other's lanes
    std::vector<env::Lane::Pass> passes;                // beside the nodes
    std::vector<SendOutcome> outcomes;                  // beside the requests; a part that is not sent stays Missed
    std::vector<std::uint64_t> places;                  // of their hints
    std::set<std::size_t> stored_only;                  // whose bodies are large: they wait in the store
    std::vector<std::optional<std::uint64_t>> holders;  // beside them: the change of settings that holds it back
    std::vector<std::uint8_t> held_good;                // held back, and as good as taken
    bool held(std::size_t i) const { return holders[i].has_value(); }
    bool taken_by_all() const {
        const auto taken = [](const SendOutcome& outcome) { return outcome.kind == SendOutcome::Kind::Accepted; };
        return !outcomes.empty() && std::ranges::all_of(outcomes, taken);
    }
    std::vector<NodeTask> parts_so_far() const {
        std::vector<NodeTask> out = entry.parts;
        for (std::size_t i = 0; i < out.size(); ++i) {
            if (outcomes[i].kind != SendOutcome::Kind::Accepted) continue;
            out[i].state = NodeTask::State::Accepted;
            out[i].uid = outcomes[i].uid;
        }
        return out;
    }
    // Who takes the part, as it is now: while the write waited it may have come back.
    const cluster::Node& node(std::size_t i) const {
        const auto place = latest->find(entry.parts[i].node);
        return place ? latest->node(*place) : order.topology->node(order.requests[i].node);
    }
};

namespace {

Error no_quorum(const AckCount& acks) {
    return {.code = ErrorCode::MiroirNoQuorum,
            .message = "Too few replicas of shard " + std::to_string(acks.short_of.front().value) +
                       " could take the write. Bring its nodes back."};
}

std::vector<tasks::TaskEntry> carried_by(const WriteOrder& order, protocol::Instant now) {
    std::vector<tasks::TaskEntry> out;
    for (const CarriedTask& carried : order.carried) {
        out.push_back({.task = carried.task, .parts = {}, .verdict = {}, .at_success = carried.at_success});
        out.back().task.enqueued_at = now;
    }
    return out;
}

// Before anything of it is sent.
void note_touches(Touches& touches, const WriteOrder& order, const std::vector<plan::CatalogChange>& changes) {
    if (order.requests.empty() && changes.empty()) return;
    std::set<IndexUid> indexes;
    for (const std::string& index : tasks::indexes_of(order.task)) indexes.insert(IndexUid{index});
    for (const plan::CatalogChange& change : changes) indexes.insert({change.uid, change.other});
    for (const IndexUid& index : indexes) touches.note(index, order.ids);
}

WriterOptions bearing_claim(WriterOptions options) {
    options.link.claim = options.claim;
    return options;
}

}  // namespace

Writer::Writer(env::Env env, http::Client& client, tasks::Store& store, TopologySource topology, tasks::TaskBook& tasks,
               CatalogBook& catalog, BehindBoard& board, WriterOptions options)
    : env_(env),
      client_(client),
      store_(store),
      topology_(std::move(topology)),
      tasks_(tasks),
      catalog_(catalog),
      options_(bearing_claim(std::move(options))),
      hints_(store, board),
      debts_(store, board),
      witnesses_(store, options_.introductions),
      graves_(store),
      shifting_({.env = env_,
                 .board = board,
                 .tasks = tasks_,
                 .catalog = catalog_,
                 .topology = topology_,
                 .ask = [this](NodeId node, std::string address,
                               std::uint64_t uid) { return link(node).task(std::move(address), uid); },
                 .poll = options_.poll_least}) {}

env::Lane& Writer::lane(const IndexUid& index) { return lanes_.try_emplace(index, env_.executor).first->second; }

std::vector<IndexUid> Writer::indexes_with_lanes() const {
    std::vector<IndexUid> out;
    for (const auto& [index, lane] : lanes_) out.push_back(index);
    return out;
}

NodeLink& Writer::link(const NodeId& node) {
    std::unique_ptr<NodeLink>& link = links_[node];
    if (!link) {
        link = std::make_unique<NodeLink>(env_, client_, node, options_.link);
        if (const auto taken = witnesses_.newest_uid(node)) link->reserve_up_to(*taken);
    }
    return *link;
}

void Writer::wake() {
    if (asleep_) asleep_->set(true);
    else woken_ = true;
}

tasks::TaskEntry Writer::entry_of(const WriteOrder& order) {
    tasks::TaskEntry entry;
    entry.task = order.task;
    entry.task.enqueued_at = env_.clock.wall();
    entry.verdict = order.verdict;
    entry.at_success = order.at_success;
    entry.targets = order.targets;
    entry.wish = order.wish;
    for (const NodeRequest& request : order.requests) {
        entry.parts.push_back({.node = order.topology->node(request.node).id});
    }
    return entry;
}

bool Writer::quiet_on_its_way(const Sending& sending) const {
    for (std::size_t i = 0; i < sending.entry.parts.size(); ++i) {
        const cluster::Node& node = sending.node(i);
        if (node.writable() && hints_.any_to_send(node.id) && !hints_.any_loud(node.id)) return true;
    }
    return false;
}

// Those who cannot take their parts now, where it would be refused for that.
std::set<NodeId> Writer::missed_now(const Sending& sending) {
    std::vector<std::uint8_t> there;
    std::set<NodeId> missed;
    const std::vector<std::string> indexes = tasks::indexes_of(sending.entry.task);
    for (std::size_t i = 0; i < sending.entry.parts.size(); ++i) {
        const cluster::Node& node = sending.node(i);
        const bool held = sending.order.change || hints_.holder_of(node.id, indexes);
        const bool takes = node.writable() && !(held ? hints_.any_loud(node.id) : hints_.any_to_send(node.id));
        there.push_back(takes ? 1 : 0);
        if (takes) waited_for_in_vain_.erase(node.id);
        else missed.insert(node.id);
    }
    const bool refused = !sending.order.verdict && !count_acks(sending.order, there, options_.acks).short_of.empty();
    return refused ? missed : std::set<NodeId>();
}

// The lanes of all its nodes. What a change of settings has let go is on its way to nodes that are well: what comes
// behind it waits its turn for a moment instead of being refused. So does what would be refused for the want of a node:
// a probe may have missed it on a busy machine, or what it is owed is just being sent. More may be let go while it
// waits for the lanes. Not each of many waits by itself: who comes after one that waited in vain does not.
env::Task<void> Writer::enter_lanes(Sending& sending) {
    using namespace std::chrono_literals;
    constexpr std::chrono::milliseconds kLongest = 500ms;
    for (const NodeTask& part : sending.entry.parts) sending.nodes.insert(part.node);
    std::chrono::nanoseconds waited{0};  // counted, not looked up: a process that ends has no time left
    for (std::chrono::milliseconds pause = 5ms;; pause = std::min(pause * 2, kLongest / 4)) {
        for (const NodeId& node : sending.nodes) sending.passes.push_back(co_await link(node).lane().enter());
        sending.latest = topology_();
        const std::set<NodeId> missed = missed_now(sending);
        const env::Monotonic now = env_.clock.now();
        const bool quiet = quiet_on_its_way(sending) && now >= quiet_in_vain_until_;
        const bool hopeful =
            std::ranges::any_of(missed, [this](const NodeId& node) { return !waited_for_in_vain_.contains(node); });
        const std::chrono::nanoseconds longest =
            std::max<std::chrono::nanoseconds>(quiet ? kLongest : 0ms, hopeful ? options_.patience : 0ms);
        if (waited >= longest) {
            if (quiet) quiet_in_vain_until_ = now + kLongest;
            if (hopeful) waited_for_in_vain_.insert(missed.begin(), missed.end());
            co_return;
        }
        sending.passes.clear();
        wake();
        (void)co_await env::sleep_for(env_, pause);
        waited += pause;
    }
}

env::Task<Result<void>> Writer::choose_uids(Sending& sending) {
    sending.outcomes.assign(sending.entry.parts.size(),
                            SendOutcome{.kind = SendOutcome::Kind::Missed, .uid = 0, .error = {}});
    std::set<NodeId> mute;
    const std::vector<std::string> indexes = tasks::indexes_of(sending.entry.task);
    for (const NodeTask& part : sending.entry.parts) {
        std::optional<std::uint64_t> holder = hints_.holder_of(part.node, indexes);
        if (sending.order.change) holder = 0;  // itself: its uid comes later
        sending.holders.push_back(holder);
    }
    for (std::size_t i = 0; i < sending.entry.parts.size(); ++i) {
        NodeTask& part = sending.entry.parts[i];
        const cluster::Node& node = sending.node(i);
        part.state = NodeTask::State::Missed;
        if (sending.held(i)) continue;
        if (!node.writable() || hints_.any_to_send(part.node) || mute.contains(part.node)) continue;
        if (const auto used = hints_.highest_uid(part.node)) link(part.node).reserve_up_to(*used);
        const Result<std::uint64_t> uid = co_await link(part.node).next_uid(node.address);
        if (!uid) {
            mute.insert(part.node);  // what follows a part without a uid must not have one before it
            continue;
        }
        part.uid = *uid;
        part.state = NodeTask::State::Planned;
    }
    co_return Result<void>{};
}

// What is to be sent, before it is: whatever of it a node lacks in the end is owed to it.
void Writer::write_hints(Sending& sending, std::uint64_t uid, tasks::Batch& also) {
    for (std::size_t i = 0; i < sending.entry.parts.size(); ++i) {
        const NodeTask& part = sending.entry.parts[i];
        Hints::Hint hint{.place = hints_.take_place(also, part.node), .task = uid, .part = i};
        if (part.state == NodeTask::State::Planned) hint.uid = part.uid;
        hint.request = std::move(sending.order.requests[i]);  // lent: bodies may be large
        hints_.change(also, part.node, hint);
        if (hint.request.body.size() > options_.large_body) {
            std::string().swap(hint.request.body);  // an assignment would keep the room
            sending.stored_only.insert(i);
        }
        sending.order.requests[i] = std::move(hint.request);
        sending.places.push_back(hint.place);
        if (!sending.held(i)) continue;
        Hints::Held held{.holder = sending.order.change ? uid : *sending.holders[i],
                         .task = uid,
                         .part = i,
                         .indexes = tasks::indexes_of(sending.entry.task)};
        hints_.hold(also, part.node, sending.places.back(), std::move(held));
    }
}

env::Task<Result<Receipt>> Writer::submit(WriteOrder order, std::vector<plan::CatalogChange> changes) {
    MIROIR_CO_CHECK(options_.claim->holds());
    Sending sending;
    note_touches(touches_, order, changes);
    sending.entry = entry_of(order);
    sending.order = std::move(order);
    co_await enter_lanes(sending);
    MIROIR_CO_CHECK(co_await choose_uids(sending));
    std::vector<std::uint8_t> attainable;
    count_attainable(sending, attainable);
    sending.held_good = attainable;
    const AckCount hope = count_acks(sending.order, attainable, options_.acks);
    if (!hope.short_of.empty() && !sending.order.verdict) co_return fail(no_quorum(hope));
    const std::uint64_t uid = tasks_.next_uid();
    tasks::Batch also;
    if (sending.order.change) note_change(uid, *sending.order.change, also);
    for (const plan::CatalogChange& change : changes) {
        if (change.kind == plan::CatalogChange::Kind::Swap) debts_.spread(also, change.uid, change.other);
    }
    dig(also, sending.order, uid, changes);
    catalog_.plan(uid, std::move(changes), also, env_.clock.wall().time_since_epoch().count());
    write_hints(sending, uid, also);
    sending_.insert(uid);
    const Result<std::uint64_t> begun = co_await tasks_.begin(
        sending.entry, std::move(also), carried_by(sending.order, sending.entry.task.enqueued_at));
    if (!begun) {
        catalog_.forget(uid);
        changes_.erase(uid);
        tasks::Batch never_durable;
        fill(never_durable, sending.order);
        for (std::size_t i = 0; i < sending.places.size(); ++i) {
            if (sending.held(i)) hints_.struck(sending.entry.parts[i].node, sending.places[i]);
        }
        sending_.erase(uid);
        co_return fail(begun.error());
    }
    sending.entry.task.uid = *begun;
    co_await shifting_.announce(*begun);
    std::vector<env::Task<Result<void>>> sends;
    for (const NodeId& node : sending.nodes) sends.push_back(send_parts(sending, node));
    co_await env::gather(env_.executor, std::move(sends));
    co_await look_for_others(sending);
    std::vector<protocol::Task> carried;
    for (std::uint64_t i = 0; i < sending.order.carried.size(); ++i)
        carried.push_back(tasks_.find(*begun + 1 + i)->task);
    // Nobody has to wait until that is written down, too: who does not find it asks the nodes for the tasks again.
    if (sending.taken_by_all()) {
        Receipt receipt{.task = sending.entry.task, .degraded = {}, .carried = std::move(carried)};
        acknowledged_.emplace(*begun, sending.parts_so_far());
        sending.passes.clear();
        env::spawn(env_.executor, settle_behind(std::move(sending)));
        co_return receipt;
    }
    Result<Receipt> receipt = co_await settle(sending);
    if (receipt) receipt->carried = std::move(carried);
    sending_.erase(*begun);
    wake();
    co_return receipt;
}

// Who is past the uid that was chosen may take writes from another Miroir by now.
env::Task<void> Writer::look_for_others(Sending& sending) {
    for (std::size_t i = 0; i < sending.outcomes.size(); ++i) {
        if (sending.outcomes[i].kind != SendOutcome::Kind::Overtaken) continue;
        link(sending.entry.parts[i].node).ask_anew();
        (void)co_await link(sending.entry.parts[i].node).meet(sending.node(i).address);
    }
}

env::Task<void> Writer::settle_behind(Sending sending) {
    const std::uint64_t uid = sending.entry.task.uid;
    (void)co_await settle(sending);
    acknowledged_.erase(uid);
    sending_.erase(uid);
    wake();
}

// All parts of one node in their order. What follows a part that the node does not have is not sent.
env::Task<Result<void>> Writer::send_parts(Sending& sending, NodeId id) {
    for (std::size_t i = 0; i < sending.entry.parts.size(); ++i) {
        const NodeTask& part = sending.entry.parts[i];
        if (part.node != id) continue;
        if (part.state != NodeTask::State::Planned) break;
        const cluster::Node& node = sending.node(i);
        NodeRequest& kept = sending.order.requests[i];
        std::string body = std::exchange(kept.body, {});  // who has to send it again reads it from the store
        if (sending.stored_only.contains(i)) {
            Result<std::string> stored = co_await hints_.body(id, sending.places[i]);
            if (!stored) break;
            body = *std::move(stored);
        }
        NodeRequest request = kept;
        request.body = std::move(body);
        sending.outcomes[i] = co_await link(id).send(node.address, std::move(request), part.uid);
        if (sending.outcomes[i].kind != SendOutcome::Kind::Accepted) break;
    }
    co_return Result<void>{};
}

void Writer::count_attainable(const Sending& sending, std::vector<std::uint8_t>& attainable) const {
    for (const NodeTask& part : sending.entry.parts)
        attainable.push_back(part.state == NodeTask::State::Planned ? 1 : 0);
    // What is only held back by a change of settings is durable here, and its node is there to take it.
    for (std::size_t i = 0; i < attainable.size(); ++i) {
        const cluster::Node& node = sending.node(i);
        if (sending.held(i) && node.writable() && !hints_.any_loud(node.id)) attainable[i] = 1;
    }
}

env::Task<Result<Receipt>> Writer::settle(Sending& sending) {
    const std::vector<SendOutcome>& outcomes = sending.outcomes;
    if (outcomes.empty()) co_return Receipt{.task = sending.entry.task, .degraded = {}};
    std::vector<std::uint8_t> accepted(outcomes.size(), 0);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        NodeTask& part = sending.entry.parts[i];
        accepted[i] = outcomes[i].kind == SendOutcome::Kind::Accepted ? 1 : 0;
        if (sending.held(i)) continue;
        part.state = accepted[i] != 0 ? NodeTask::State::Accepted : NodeTask::State::Missed;
        if (accepted[i] != 0) part.uid = outcomes[i].uid;
    }
    for (std::size_t i = 0; i < accepted.size(); ++i) {
        if (sending.held(i)) accepted[i] = sending.held_good[i];
    }
    if (const Result<void> ours = options_.claim->holds(); !ours) co_return co_await refuse(sending, ours.error());
    const AckCount acks = count_acks(sending.order, accepted, options_.acks);
    if (!acks.short_of.empty()) {
        const auto refusal = std::ranges::find(outcomes, SendOutcome::Kind::Refused, &SendOutcome::kind);
        Error error = refusal != outcomes.end() ? refusal->error : no_quorum(acks);
        co_return co_await refuse(sending, std::move(error));
    }
    const Result<void> kept = co_await keep(sending, sending.entry, false);
    if (!kept) co_return fail(kept.error());
    co_return Receipt{.task = sending.entry.task, .degraded = acks.degraded};
}

// Writes down how the sends ended. What the nodes took, or all of it, is struck out; the rest is owed to them. When
// the commit fails everything is owed: asked again, a node says that it has it already. Who took it may be read
// meanwhile: the disk may be full for long.
env::Task<Result<void>> Writer::keep(Sending& sending, tasks::TaskEntry entry, bool all_struck) {
    tasks::Batch batch;
    std::vector<std::uint8_t> struck;
    for (std::size_t i = 0; i < sending.places.size(); ++i) {
        struck.push_back(all_struck || sending.outcomes[i].kind == SendOutcome::Kind::Accepted ? 1 : 0);
        if (struck[i] != 0) hints_.strike(batch, entry.parts[i].node, sending.places[i]);
        const SendOutcome& outcome = sending.outcomes[i];
        if (outcome.kind == SendOutcome::Kind::Accepted)
            witnesses_.took(batch, entry.parts[i].node, {.uid = outcome.uid, .enqueued_at = outcome.enqueued_at});
    }
    const std::uint64_t uid = entry.task.uid;
    const std::int64_t now = env_.clock.wall().time_since_epoch().count();
    if (all_struck) fill(batch, sending.order);
    if (all_struck) catalog_.end(uid, CatalogBook::Outcome::Nothing, batch, now);
    const Result<void> kept = co_await tasks_.save(std::move(entry), std::move(batch));
    for (std::size_t i = 0; i < sending.places.size(); ++i) {
        const NodeId& node = sending.entry.parts[i].node;
        if (kept && struck[i] != 0) hints_.struck(node, sending.places[i]);
        else if (!sending.held(i)) hints_.owe(node, sending.places[i], struck[i] != 0 && !all_struck);
    }
    if (kept && all_struck) catalog_.committed_now(uid, now);
    co_return kept;
}

// Too few took it. Where none can have it, it never was; otherwise it cannot be called back, and is completed on all
// nodes, so that nothing stays half done. The client is told which.
env::Task<Result<Receipt>> Writer::refuse(Sending& sending, Error error) {
    const bool taken = std::ranges::any_of(sending.outcomes, [](const SendOutcome& outcome) {
        return outcome.kind == SendOutcome::Kind::Accepted || outcome.kind == SendOutcome::Kind::Unknown;
    });
    tasks::TaskEntry entry = sending.entry;
    if (!taken) {
        entry.task.status = protocol::TaskStatus::Failed;
        entry.task.error = error;
        entry.task.finished_at = env_.clock.wall();
        close_counts(entry, false);
        co_await keep(sending, std::move(entry), true);
        shifting_.forget_ended();
        co_return fail(std::move(error));
    }
    for (NodeTask& part : entry.parts) {
        if (part.state == NodeTask::State::Missed) part.state = NodeTask::State::Planned;  // waited for
    }
    co_await keep(sending, std::move(entry), false);
    const bool is_final = error_row(error.code).type == ErrorType::InvalidRequest;  // a node's own
    if (is_final || error.code == ErrorCode::MiroirReplaced) co_return fail(std::move(error));
    const bool by_function = sending.entry.task.type == protocol::TaskType::DocumentEdition;
    error = {.code = ErrorCode::MiroirNoQuorum,
             .message = "Too few replicas could take the write. Task " + std::to_string(sending.entry.task.uid) +
                        " completes it when their nodes are back" +
                        (by_function ? "." : "; sending it again does no harm.")};
    co_return fail(std::move(error));
}

}  // namespace miroir::quorum
