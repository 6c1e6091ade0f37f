#include "rebalance/write_off.h"

#include <algorithm>

namespace miroir::rebalance {
namespace {

using cluster::NodeRole;
using cluster::Replica;
using cluster::ReplicaRole;
using cluster::Topology;

bool stays(const cluster::Node& node) {
    return node.standing.role == NodeRole::Joining || node.standing.role == NodeRole::Active;
}

// Shards that the node serves and nobody else can give.
std::vector<ShardId> only_copies(const Topology& topology, cluster::NodeIndex node, const AbsenceRule& rule) {
    std::vector<ShardId> out;
    for (std::uint32_t s = 0; s < topology.placement().shards(); ++s) {
        const ShardId shard{s};
        const auto replicas = topology.replicas_of(shard);
        const bool serves = std::ranges::any_of(
            replicas, [&](const Replica& r) { return r.node == node && r.role == ReplicaRole::Serving; });
        if (!serves || !rule.in_use(shard)) continue;
        const bool another = std::ranges::any_of(replicas, [&](const Replica& r) {
            const cluster::Node& other = topology.node(r.node);
            return r.node != node && r.role == ReplicaRole::Serving && other.readable() &&
                   rule.in_step(other.id, shard);
        });
        if (!another) out.push_back(shard);
    }
    return out;
}

std::string why_kept(const Topology& topology, const cluster::Node& node, const std::vector<ShardId>& only) {
    if (!only.empty()) {
        return "it has the only copy of " + std::to_string(only.size()) +
               " shards: bring it back, or write it off yourself (miroir-ctl node remove " + node.id.value + " --lost)";
    }
    const auto others_up = std::ranges::count_if(topology.nodes(), [&](const cluster::Node& other) {
        return other.id != node.id && other.group == node.group && stays(other) && other.readable();
    });
    if (static_cast<std::uint32_t>(others_up) < topology.replicas()) {
        return "group " + std::to_string(node.group.value) + " would keep " + std::to_string(others_up) +
               " nodes for " + std::to_string(topology.replicas()) + " copies of each shard: add one";
    }
    const auto all = std::ranges::count_if(topology.nodes(), stays);
    const auto up = std::ranges::count_if(topology.nodes(),
                                          [](const cluster::Node& other) { return stays(other) && other.readable(); });
    if (up * 2 <= all) return "half of the nodes are away: it may be Miroir that is cut off";
    return {};
}

}  // namespace

std::vector<AbsenceVerdict> judge_absences(const Topology& topology, const std::vector<Absence>& absent,
                                           const AbsenceRule& rule) {
    std::vector<AbsenceVerdict> out;
    for (const Absence& absence : absent) {
        const auto index = topology.find(absence.node);
        if (!index) continue;
        const cluster::Node& node = topology.node(*index);
        AbsenceVerdict verdict{.node = absence.node, .away = absence.away};
        verdict.only_copies = only_copies(topology, *index, rule);
        verdict.kept_because = why_kept(topology, node, verdict.only_copies);
        if (rule.after.count() == 0 && verdict.kept_because.empty())
            verdict.kept_because =
                "nodes are not written off by themselves (rebalancer.auto and rebalancer.write_off_after_s)";
        verdict.rest = std::max(rule.after - absence.away, std::chrono::nanoseconds(0));
        verdict.write_off = verdict.kept_because.empty() && verdict.rest.count() == 0;
        out.push_back(std::move(verdict));
    }
    return out;
}

}  // namespace miroir::rebalance
