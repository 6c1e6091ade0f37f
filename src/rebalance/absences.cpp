// Nodes that are away: for how long, what only they have, and when they are taken for lost.
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
        const Result<void> written = co_await life.remove(lost, true, false);
        if (!written) co_return written;
        options_.metrics->counter(kWrittenOff).add();
        break;
    }
    co_return Result<void>{};
}

}  // namespace miroir::rebalance
