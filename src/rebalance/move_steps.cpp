// The steps of moves, each for all moves that are to take it: in one change of the topology, durable before anything
// follows from it.
#include <algorithm>

#include "env/log.h"
#include "rebalance/rebalancer.h"

namespace miroir::rebalance {
namespace {

using cluster::Topology;
using cluster::TopologyPtr;

constexpr std::string_view kTarget = "rebalance";
constexpr std::string_view kMoves = "moves";
constexpr env::MetricName kPause{.name = "miroir_rebalance_cutover_pause_seconds",
                                 .help = "The longest pause of writes at a cut-over."};

// The move in this snapshot; a node that is gone is left out.
cluster::Move move_in(const Topology& topology, const MoveRecord& record) {
    return {.shard = record.shard,
            .group = record.group,
            .from = record.from.value.empty() ? std::nullopt : topology.find(record.from),
            .to = record.to.value.empty() ? std::nullopt : topology.find(record.to)};
}

}  // namespace

// `change` is applied move by move. Moves without a phase to go to are over and forgotten.
env::Task<Result<void>> Rebalancer::commit(std::vector<MoveRecord> moves, MoveChange change, bool over) {
    std::vector<MoveRecord> changed = moves;
    const auto apply = [&](const Topology& from, tasks::Batch& batch) -> Result<TopologyPtr> {
        TopologyPtr next;
        for (MoveRecord& move : changed) {
            const Topology& before = next ? *next : from;
            MIROIR_TRY(TopologyPtr after, change(before, move_in(before, move)));
            if (after) next = std::move(after);
            move.topology_version = from.placement_version() + 1;  // what is published next
            if (over) batch.erase(std::string(kMoves), key_of(move));
            else batch.put(std::string(kMoves), key_of(move), to_record(move));
        }
        return next;
    };
    const Result<TopologyPtr> done = co_await book_.change_recorded(apply);
    if (!done) co_return fail(done.error());
    for (const MoveRecord& move : changed) {
        const std::string key = key_of(move);
        if (!over) note(key, move);
        else moves_.erase(key), phase_since_.erase(key), wiped_behind_.erase(key);
    }
    co_return Result<void>{};
}

std::vector<MoveRecord> Rebalancer::moved_to(const Keys& keys, MovePhase phase) const {
    std::vector<MoveRecord> out;
    for (const std::string& key : keys) {
        out.push_back(moves_.at(key));
        out.back().phase = phase;
    }
    return out;
}

env::Task<Result<void>> Rebalancer::take(MoveStep step, Keys keys) {
    switch (step) {
        case MoveStep::Wait: break;
        case MoveStep::Owe: return owe(std::move(keys));
        case MoveStep::CutOver: return cut_over(std::move(keys), false);
        case MoveStep::CutOverEmpty: return cut_over(std::move(keys), true);
        case MoveStep::Undo: return commit(moved_to(keys, MovePhase::Undoing), cluster::with_move_undone, false);
        case MoveStep::Clean: return keep_phase(moved_to(keys, MovePhase::Cleaning), {});
        case MoveStep::Wipe: return wipe(std::move(keys));
        case MoveStep::Drop: return drop(std::move(keys));
    }
    return keep_phase({}, {});
}

// A phase that does not change the placement.
env::Task<Result<void>> Rebalancer::keep_phase(std::vector<MoveRecord> moves, tasks::Batch also) {
    for (const MoveRecord& move : moves) also.put(std::string(kMoves), key_of(move), to_record(move));
    if (!also.empty()) MIROIR_CO_CHECK(co_await store_.commit(std::move(also)));
    for (const MoveRecord& move : moves) note(key_of(move), move);
    co_return Result<void>{};
}

env::Task<Result<void>> Rebalancer::owe(Keys keys) {
    std::map<NodeId, std::vector<ShardId>> shards;
    for (const std::string& key : keys) shards[moves_.at(key).to].push_back(moves_.at(key).shard);
    tasks::Batch batch;
    for (const auto& [node, all] : shards) mover_.owe(batch, node, all, "shards move to it");
    co_return co_await keep_phase(moved_to(keys, MovePhase::Copying), std::move(batch));
}

// Under the order of writes: whoever writes next finds the new owners, and whoever wrote before has written to both.
env::Task<Result<void>> Rebalancer::cut_over(Keys keys, bool empty) {
    const env::Monotonic asked = env_.clock.now();
    const std::vector<env::Lane::Pass> passes = co_await mover_.hold_all_lanes();
    const env::Monotonic held = env_.clock.now();
    const TopologyPtr topology = book_.current();
    std::erase_if(keys, [&](const std::string& key) {
        const MoveStep step = decide(moves_.at(key), facts_of(key, *topology));
        return step != (empty ? MoveStep::CutOverEmpty : MoveStep::CutOver);
    });
    std::vector<MoveRecord> moves = moved_to(keys, MovePhase::Grace);
    std::vector<MoveRecord> additions;  // nobody loses anything: over at once
    std::ranges::copy_if(moves, std::back_inserter(additions),
                         [](const MoveRecord& m) { return m.from.value.empty(); });
    std::erase_if(moves, [](const MoveRecord& m) { return m.from.value.empty(); });
    if (empty) MIROIR_CO_CHECK(co_await tell_losses(keys));
    if (!moves.empty()) MIROIR_CO_CHECK(co_await commit(moves, cluster::with_move_cut_over, false));
    if (!additions.empty()) MIROIR_CO_CHECK(co_await commit(additions, cluster::with_move_cut_over, true));
    const std::chrono::nanoseconds pause = env_.clock.now() - held;
    cut_over_ += keys.size();
    longest_pause_ = std::max(longest_pause_, pause);
    options_.metrics->gauge(kPause).set(std::chrono::duration<double>(longest_pause_).count());
    if (!keys.empty()) {
        env_.log.info(kTarget, "shards were cut over",
                      {{"shards", keys.size()},
                       {"pause_us", std::chrono::duration_cast<std::chrono::microseconds>(pause).count()},
                       {"waited_us", std::chrono::duration_cast<std::chrono::microseconds>(held - asked).count()}});
    }
    co_return Result<void>{};
}

env::Task<Result<void>> Rebalancer::tell_losses(const Keys& keys) {
    std::vector<ShardId> shards;
    for (const std::string& key : keys) {
        if (mover_.indexes_with(moves_.at(key).shard) > 0) shards.push_back(moves_.at(key).shard);
    }
    if (shards.empty()) co_return Result<void>{};
    tasks::Batch batch;
    mover_.lose(batch, shards, "the only nodes that held them were written off");
    MIROIR_CO_CHECK(co_await store_.commit(std::move(batch)));
    env_.log.error(kTarget, "shards are lost: no node that held them is left", {{"shards", shards.size()}});
    co_return Result<void>{};
}

env::Task<Result<void>> Rebalancer::wipe(Keys keys) {
    std::map<NodeId, Keys> by_node;
    for (const std::string& key : keys) {
        const MoveRecord& move = moves_.at(key);
        by_node[move.phase == MovePhase::Undoing ? move.to : move.from].push_back(key);
    }
    Result<void> out;
    for (const auto& [id, those] : by_node) {
        const TopologyPtr topology = book_.current();
        const auto index = topology->find(id);
        if (!index || !topology->node(*index).writable() || mover_.waits(id)) continue;
        // What was planned while the copy was written to comes before its deletion, held back or not.
        Keys ready;
        std::ranges::copy_if(those, std::back_inserter(ready), [&](const std::string& key) {
            return !mover_.holds_before(wiped_behind_.try_emplace(key, mover_.place_of(id)).first->second);
        });
        if (ready.empty()) continue;
        std::vector<ShardId> shards;
        for (const std::string& key : ready) shards.push_back(moves_.at(key).shard);
        const bool wiped = co_await mover_.wipe(topology->node(*index), shards);
        if (wiped) out = co_await drop(ready);
        if (!out) break;
    }
    co_return out;
}

env::Task<Result<void>> Rebalancer::drop(Keys keys) {
    const auto forget = [this](const Topology& from, const cluster::Move& move) -> Result<TopologyPtr> {
        const MoveRecord key{.shard = move.shard, .group = move.group};
        const bool undone = moves_.at(key_of(key)).phase == MovePhase::Undoing;
        const auto node = undone ? move.to : move.from;
        if (!node) return nullptr;  // it is forgotten, and its copies with it
        return with_replica_dropped(from, move.shard, move.group, *node);
    };
    std::vector<MoveRecord> moves;
    for (const std::string& key : keys) moves.push_back(moves_.at(key));
    co_return co_await commit(std::move(moves), forget, true);
}

}  // namespace miroir::rebalance
