// Nodes that are away: for how long, what only they have, and when they are taken for lost.
#include <utility>

#include "env/log.h"
#include "rebalance/node_life.h"
#include "rebalance/rebalancer.h"

namespace miroir::rebalance {
namespace {

constexpr std::string_view kTarget = "rebalance";
constexpr env::MetricName kWrittenOff{.name = "miroir_nodes_written_off_total",
                                      .help = "Nodes that were away for too long and have been written off."};
constexpr env::MetricName kOnlyCopies{.name = "miroir_shards_unreachable",
                                      .help = "Shards whose only copy is on the node, which is down."};

bool is_away(const cluster::Node& node) {
    return node.standing.role != cluster::NodeRole::Removed && node.standing.reach == cluster::NodeReach::Down;
}

}  // namespace

std::vector<AbsenceVerdict> Rebalancer::absences() const {
    const cluster::TopologyPtr topology = book_.current();
    std::vector<Absence> absent;
    for (const cluster::Node& node : topology->nodes()) {
        const auto since = away_since_.find(node.id);
        if (!is_away(node) || since == away_since_.end()) continue;
        absent.push_back({.node = node.id, .away = env_.clock.now() - since->second});
    }
    const AbsenceRule rule{
        .after = options_.by_itself ? options_.write_off_after : std::chrono::nanoseconds(0),
        .in_step = [this](const NodeId& node,
                          ShardId shard) { return !mover_.waits(node) && !mover_.lacks(node, shard); },
        .in_use = [this](ShardId shard) { return mover_.indexes_with(shard) > 0; }};
    return judge_absences(*topology, absent, rule);
}

// One in a round: the next is judged by what is left then.
env::Task<Result<void>> Rebalancer::look_after_absent() {
    look_for_stuck();
    const cluster::TopologyPtr topology = book_.current();
    std::map<NodeId, env::Monotonic> since;
    for (const cluster::Node& node : topology->nodes()) {
        const auto known = away_since_.find(node.id);
        if (is_away(node)) since[node.id] = known == away_since_.end() ? env_.clock.now() : known->second;
    }
    for (const auto& [node, at] : away_since_) {
        if (!since.contains(node)) options_.metrics->gauge(kOnlyCopies, {{"node_id", node.value}}).set(0);
    }
    away_since_ = std::move(since);
    if (away_since_.empty()) co_return Result<void>{};
    for (const AbsenceVerdict& verdict : absences()) {
        options_.metrics->gauge(kOnlyCopies, {{"node_id", verdict.node.value}})
            .set(static_cast<double>(verdict.only_copies.size()));
        if (!verdict.write_off || paused_) continue;
        env_.log.error(kTarget, "a node was away for too long and is written off; its copies are made anew elsewhere",
                       {{"node", verdict.node.value},
                        {"away_s", std::chrono::duration_cast<std::chrono::seconds>(verdict.away).count()}});
        NodeLife life(book_, mover_);
        const NodeId lost = verdict.node;
        NodeLife::Also also = [this, lost](tasks::Batch& batch) { remember(batch, lost); };
        const Result<void> written = co_await life.remove(lost, true, false, std::move(also));
        if (!written) co_return written;
        options_.metrics->counter(kWrittenOff).add();
        break;
    }
    co_return Result<void>{};
}

// Moves that do not get on, whatever they wait for: given up, they keep no writes for a node that is away, and are
// planned anew. As long as anything is copied or cut over, all of them are taken to get on.
void Rebalancer::look_for_stuck() {
    const std::uint64_t progress = mover_.copied().documents + cut_over_;
    if (std::exchange(progress_, progress) != progress) progress_at_ = env_.clock.now();
    const auto filling = [this](const std::string& key) {
        const auto move = moves_.find(key);
        return move != moves_.end() &&
               (move->second.phase == MovePhase::Doubling || move->second.phase == MovePhase::Copying);
    };
    std::erase_if(stuck_, [&](const std::string& key) { return !filling(key); });
    if (options_.move_timeout.count() == 0) return;
    for (const auto& [key, move] : moves_) {
        const env::Monotonic since = std::max(progress_at_, phase_since_.at(key));
        if (!filling(key) || env_.clock.now() - since < options_.move_timeout || !stuck_.insert(key).second) continue;
        env_.log.warn(kTarget, "a move does not get on and is given up",
                      {{"shard", move.shard.value}, {"to", move.to.value}, {"waits_for", waits_for(move)}});
    }
}

}  // namespace miroir::rebalance
