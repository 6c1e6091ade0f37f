// The rounds: what is known of each move, what follows from it, and who may come and go. How the single steps are
// carried out stands in move_steps.cpp.
#include "rebalance/rebalancer.h"

#include <algorithm>

#include "env/log.h"
#include "env/unix_time.h"
#include "json/members.h"
#include "json/parse.h"
#include "json/write.h"

namespace miroir::rebalance {
namespace {

using cluster::NodeEvent;
using cluster::NodeRole;
using cluster::ReplicaRole;
using cluster::Topology;
using cluster::TopologyPtr;

constexpr std::string_view kTarget = "rebalance";
constexpr std::string_view kMoves = "moves";
constexpr std::string_view kCluster = "cluster";
constexpr std::string_view kWishes = "rebalance";

bool has_left(const Topology& topology, const NodeId& node) {
    if (node.value.empty()) return false;
    const auto index = topology.find(node);
    return !index || topology.node(*index).standing.role == NodeRole::Removed;
}

bool is_filling(const MoveRecord& move) {
    return move.phase == MovePhase::Doubling || move.phase == MovePhase::Copying;
}

// A replica that could still be copied: on a node that may come back.
bool has_source(const Topology& topology, ShardId shard) {
    return std::ranges::any_of(topology.replicas_of(shard), [&](const cluster::Replica& replica) {
        return replica.role == ReplicaRole::Serving && topology.node(replica.node).standing.role != NodeRole::Removed;
    });
}

cluster::Move running_move(const Topology& topology, const MoveRecord& record) {
    cluster::Move move{.shard = record.shard, .group = record.group, .from = {}, .to = {}};
    if (!is_filling(record)) return move;  // it only keeps the next one of its cell waiting
    move.from = topology.find(record.from);
    move.to = topology.find(record.to);
    return move;
}

}  // namespace

std::string_view name_of(Rebalancer::Status::Mood mood) {
    static constexpr std::array<std::string_view, 4> kNames = {"idle", "running", "paused", "waiting"};
    return kNames[static_cast<std::size_t>(mood)];
}

env::Task<Result<void>> Rebalancer::open() {
    const Result<std::vector<tasks::Record>> kept = co_await tasks::read_all(store_, std::string(kMoves));
    if (!kept) co_return fail(kept.error());
    for (const tasks::Record& record : *kept) {
        MIROIR_CO_TRY(const MoveRecord move, move_from(record.value));
        note(record.key, move);
    }
    tasks::RecordKey at{.table = std::string(kCluster), .key = std::string(kWishes)};
    const Result<std::optional<std::string>> wishes = co_await store_.get(std::move(at));
    if (!wishes) co_return fail(wishes.error());
    if (!*wishes) co_return Result<void>{};
    const auto stored = json::parse(**wishes);
    if (!stored) co_return fail(ErrorCode::MiroirStorageFailed, "the state of the rebalance cannot be read");
    paused_ = flag_at(*stored, "paused");
    started_ = flag_at(*stored, "started");
    giving_up_ = flag_at(*stored, "givingUp");
    co_return Result<void>{};
}

void Rebalancer::note(const std::string& key, const MoveRecord& move) {
    const auto known = moves_.find(key);
    if (known == moves_.end() || known->second.phase != move.phase) phase_since_[key] = env_.clock.now();
    moves_[key] = move;
}

env::Task<Result<void>> Rebalancer::keep_wishes(bool paused, bool started, bool giving_up) {
    tasks::Batch batch;
    batch.put(std::string(kCluster), std::string(kWishes),
              json::to_text(json::Object{{"paused", paused}, {"started", started}, {"givingUp", giving_up}}));
    MIROIR_CO_CHECK(co_await store_.commit(std::move(batch)));
    paused_ = paused;
    started_ = started;
    giving_up_ = giving_up;
    co_return Result<void>{};
}

env::Task<Result<void>> Rebalancer::start() { return keep_wishes(false, true, false); }
env::Task<Result<void>> Rebalancer::pause() { return keep_wishes(true, started_, giving_up_); }
env::Task<Result<void>> Rebalancer::cancel() { return keep_wishes(true, false, true); }

std::vector<cluster::PlannedMove> Rebalancer::plan() const {
    const TopologyPtr topology = book_.current();
    std::vector<std::uint64_t> indexes;
    for (std::uint32_t s = 0; s < topology->placement().shards(); ++s)
        indexes.push_back(mover_.indexes_with(ShardId{s}));
    if (planned_.topology_version != topology->version() || planned_.indexes != indexes) {
        planned_ = {.topology_version = topology->version(), .indexes = indexes, .moves = {}};
        planned_.moves = plan_moves(*topology, indexes);
    }
    return planned_.moves;
}

Rebalancer::Status Rebalancer::status() const {
    using Mood = Status::Mood;
    Status out;
    for (const auto& [key, move] : moves_) out.moves.push_back(move);
    out.planned = plan();
    const bool may_begin = !paused_ && (options_.by_itself || started_);
    out.mood = !out.moves.empty() ? Mood::Running : out.planned.empty() ? Mood::Idle : Mood::Running;
    if (paused_) out.mood = Mood::Paused;
    else if ((!may_begin || !window_is_open()) && out.moves.empty() && !out.planned.empty()) out.mood = Mood::Waiting;
    out.window_open = window_is_open();
    out.cut_over = cut_over_;
    out.longest_pause = longest_pause_;
    out.copied = mover_.copied();
    out.absent = absences();
    out.trouble = trouble_.empty() ? no_room_ : trouble_;
    return out;
}

std::string Rebalancer::waits_for(const MoveRecord& move) const {
    const TopologyPtr topology = book_.current();
    switch (move.phase) {
        case MovePhase::Doubling: return "writes that were planned before";
        case MovePhase::Grace: return "readers of the old topology";
        case MovePhase::Cleaning:
        case MovePhase::Undoing: {
            const NodeId& node = move.phase == MovePhase::Cleaning ? move.from : move.to;
            return "the deletion on node " + node.value;
        }
        case MovePhase::Copying: break;
    }
    const auto to = topology->find(move.to);
    if (!to || !topology->node(*to).readable()) return "node " + move.to.value + ", which is away";
    if (mover_.waits(move.to)) return "writes that node " + move.to.value + " missed";
    if (mover_.lacks(move.to, move.shard)) return "its documents";
    return "the settings of its indexes";
}

MoveFacts Rebalancer::facts_of(const std::string& key, const Topology& topology) {
    const MoveRecord& move = moves_.at(key);
    MoveFacts facts;
    facts.given_up = giving_up_ || stuck_.contains(key) || (is_filling(move) && mover_.is_full(move.to));
    facts.older_writes_sent = move.topology_version <= lanes_passed_at_;
    facts.from_left = has_left(topology, move.from);
    facts.to_left = has_left(topology, move.to);
    if (is_filling(move) && !facts.to_left) {
        const auto to = topology.find(move.to);
        facts.filled = topology.node(*to).readable() && !mover_.waits(move.to) && !mover_.lacks(move.to, move.shard) &&
                       mover_.knows_settings(move.to, move.shard);
        facts.no_source = !has_source(topology, move.shard);
    }
    facts.grace_over = env_.clock.now() - phase_since_.at(key) >= options_.grace;
    facts.readers_left = book_.oldest_in_use() >= move.topology_version;
    return facts;
}

env::Task<void> Rebalancer::run(env::Cancel stop) {
    env::spawn(env_.executor, welcome_back(stop));
    while (!stop.requested()) {
        const Result<void> went = co_await round();
        const std::string trouble = went ? std::string() : went.error().message;
        if (trouble != trouble_ && !trouble.empty()) env_.log.warn(kTarget, "a step was put off", {{"why", trouble}});
        trouble_ = trouble;
        show();
        co_await env::sleep_for(env_, options_.every, stop);
    }
}

env::Task<Result<void>> Rebalancer::round() {
    const env::Lane::Pass pass = co_await turn_.enter();
    MIROIR_CO_CHECK(co_await introduce());
    MIROIR_CO_CHECK(co_await take_steps());
    MIROIR_CO_CHECK(co_await settle_nodes());
    const bool filling = std::ranges::any_of(moves_, [](const auto& move) { return is_filling(move.second); });
    if (giving_up_ && !filling) MIROIR_CO_CHECK(co_await keep_wishes(paused_, started_, false));
    MIROIR_CO_CHECK(co_await look_after_absent());
    if (paused_ || !(options_.by_itself || started_)) co_return Result<void>{};
    MIROIR_CO_CHECK(co_await begin_moves());
    if (started_ && moves_.empty() && plan().empty()) MIROIR_CO_CHECK(co_await keep_wishes(false, false, false));
    co_return Result<void>{};
}

// What was planned before a doubling goes to the old owner only: it has to be there before anything is compared. That
// includes what a change of settings holds back.
env::Task<void> Rebalancer::pass_lanes() {
    const std::uint64_t known = passing_.empty() ? lanes_passed_at_ : passing_.back().version;
    const bool doubling = std::ranges::any_of(moves_, [&](const auto& move) {
        return move.second.phase == MovePhase::Doubling && move.second.topology_version > known;
    });
    if (doubling) {
        Passing passing{.version = book_.current()->placement_version()};
        passing.places = co_await mover_.pass_all_lanes();
        passing_.push_back(std::move(passing));
    }
    while (!passing_.empty() && !mover_.holds_before(passing_.front().places)) {
        lanes_passed_at_ = passing_.front().version;
        passing_.erase(passing_.begin());
    }
}

env::Task<Result<void>> Rebalancer::take_steps() {
    co_await pass_lanes();
    std::map<MoveStep, Keys> by_step;
    const TopologyPtr topology = book_.current();
    for (const auto& [key, move] : moves_) {
        const MoveStep step = decide(move, facts_of(key, *topology));
        if (step != MoveStep::Wait) by_step[step].push_back(key);
    }
    for (const auto& [step, keys] : by_step) {
        const Result<void> taken = co_await take(step, keys);
        if (!taken) co_return taken;
    }
    co_return Result<void>{};
}

// Joining nodes get all indexes, so that what is sent to all nodes finds them there. Once in the life of a process is
// enough: it does no harm to do it again.
env::Task<Result<void>> Rebalancer::introduce() {
    const TopologyPtr topology = book_.current();
    std::erase_if(introduced_, [&topology](const NodeId& id) {  // one that joins again is told again
        const auto index = topology->find(id);
        return !index || topology->node(*index).standing.role == NodeRole::Removed;
    });
    for (const cluster::Node& node : topology->nodes()) {
        if (node.standing.role == NodeRole::Removed && mover_.waits(node.id)) {
            tasks::Batch batch;
            const std::vector<std::uint64_t> places = mover_.forget(batch, node.id);
            MIROIR_CO_CHECK(co_await store_.commit(std::move(batch)));
            mover_.forgotten(node.id, places);
        }
        if (node.standing.role != NodeRole::Joining || !node.writable() || introduced_.contains(node.id)) continue;
        co_await mover_.pass_all_lanes();
        tasks::Batch batch;
        mover_.owe(batch, node.id, {}, "it joins the cluster");
        if (!batch.empty()) MIROIR_CO_CHECK(co_await store_.commit(std::move(batch)));
        introduced_.insert(node.id);
    }
    co_return Result<void>{};
}

env::Task<Result<void>> Rebalancer::settle_nodes() {
    const TopologyPtr topology = book_.current();
    const std::vector<cluster::PlannedMove> planned = plan();
    for (std::size_t i = 0; i < topology->nodes().size(); ++i) {
        const cluster::Node& node = topology->nodes()[i];
        const auto index = static_cast<cluster::NodeIndex>(i);
        std::optional<NodeEvent> event;
        const bool is_to_get = std::ranges::any_of(planned, [index](const auto& p) { return p.move.to == index; });
        const bool gets = std::ranges::any_of(
            moves_, [&](const auto& move) { return is_filling(move.second) && move.second.to == node.id; });
        const bool joins = node.standing.role == NodeRole::Joining && introduced_.contains(node.id);
        if (joins && node.readable() && !is_to_get && !gets && !mover_.lacks_any(node.id)) event = NodeEvent::Filled;
        const bool drains = node.standing.role == NodeRole::Draining;
        if (drains && topology->placement().held_by(index, topology->placement().shards()) == 0)
            event = NodeEvent::Emptied;
        if (!event) continue;
        const NodeId id = node.id;
        const NodeEvent what = *event;
        const auto change = [id, what](const Topology& from) { return with_node_event(from, id, what); };
        const Result<TopologyPtr> changed = co_await book_.change(change);
        if (!changed) co_return fail(changed.error());
        env_.log.info(kTarget, what == NodeEvent::Filled ? "a node has joined" : "a node is empty and has left",
                      {{"node", id.value}});
    }
    co_return Result<void>{};
}

env::Task<Result<void>> Rebalancer::begin_moves() {
    const TopologyPtr topology = book_.current();
    std::vector<cluster::Move> running;
    for (const auto& [key, move] : moves_) running.push_back(running_move(*topology, move));
    std::vector<cluster::PlannedMove> planned = plan();
    for (cluster::PlannedMove& each : planned) {
        if (each.documents > 0) each.documents = std::max<std::uint64_t>(1, mover_.documents_of(each.move.shard));
    }
    std::vector<cluster::PlannedMove> next = next_moves(*topology, planned, running, options_.limits);
    leave_out_what_must_wait(next);
    if (next.empty()) co_return Result<void>{};
    const std::int64_t now_ms = env::unix_ms(env_.clock);
    std::vector<MoveRecord> begun;
    const auto name = [&](std::optional<cluster::NodeIndex> node) {
        return node ? topology->node(*node).id : NodeId{};
    };
    for (const cluster::PlannedMove& each : next) {
        begun.push_back({.shard = each.move.shard,
                         .group = each.move.group,
                         .from = name(each.move.from),
                         .to = name(each.move.to),
                         .phase = each.move.to ? MovePhase::Doubling : MovePhase::Grace,
                         .reason = each.reason,
                         .began_ms = now_ms});
    }
    const auto begin = [](const Topology& from, const cluster::Move& move) {
        return move.to ? with_move_begun(from, move) : with_move_cut_over(from, move);
    };
    MIROIR_CO_CHECK(co_await commit(std::move(begun), begin));
    env_.log.info(kTarget, "moves have begun", {{"moves", next.size()}});
    co_return Result<void>{};
}

}  // namespace miroir::rebalance
