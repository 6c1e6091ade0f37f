#include "admin/topology_view.h"

#include <algorithm>
#include <map>
#include <set>

#include "cluster/cover.h"

namespace miroir::admin {
namespace {

constexpr env::MetricName kNodeHealthy{.name = "miroir_node_healthy", .help = "1 while the node may answer reads."};
constexpr env::MetricName kCoverage{.name = "miroir_shard_coverage",
                                    .help = "Shards that some healthy replica answers for."};
constexpr env::MetricName kDegraded{.name = "miroir_degraded_shards_total",
                                    .help = "Shards without any healthy replica."};
constexpr env::MetricName kDistribution{.name = "miroir_shard_distribution", .help = "Shards that the node holds."};
constexpr env::MetricName kBreaker{.name = "miroir_node_breaker_state",
                                   .help = "0: calls go to the node, 1: one may try, 2: calls are kept away from it."};
constexpr env::MetricName kOpenings{.name = "miroir_node_breaker_openings",
                                    .help = "How often calls began to be kept away from the node."};
constexpr env::MetricName kVersion{.name = "miroir_topology_version", .help = "Version of the topology in use."};

bool is_degraded(const cluster::Node& node) {
    const cluster::NodeState state = node.state();
    return state == cluster::NodeState::Down || state == cluster::NodeState::Restoring ||
           (state == cluster::NodeState::Active && !node.readable());
}

json::Value node_view(const cluster::Topology& topology, cluster::NodeIndex index, const NodeWatch& watch,
                      env::Monotonic now) {
    const cluster::Node& node = topology.node(index);
    const Sighting seen = watch.sighting(node.id);
    json::Object view;
    view.append("id", node.id.value);
    view.append("address", node.address);
    view.append("status", cluster::name_of(node.state()));
    view.append("healthy", node.readable());
    view.append("shard_count", topology.placement().held_by(index, topology.shards()));
    view.append("replica_group", node.group.value);
    if (!node.zone.empty()) view.append("zone", node.zone);
    json::Value age;
    if (seen.last_seen) {
        const auto passed = std::max(now - *seen.last_seen, std::chrono::nanoseconds::zero());
        age = std::chrono::duration_cast<std::chrono::milliseconds>(passed).count();
    }
    view.append("last_seen_ms", age);
    view.append("engine_version",
                node.facts.engine_version.empty() ? json::Value() : json::Value(node.facts.engine_version));
    view.append("breaker", cluster::name_of(watch.breaker(node.id, now).state));
    if (!node.facts.note.empty()) view.append("note", node.facts.note);
    if (!seen.error.empty()) view.append("error", seen.error);
    return view;
}

// More than one engine version among the nodes that told theirs.
bool mixed_versions(const cluster::Topology& topology) {
    std::set<std::string> versions;
    for (const cluster::Node& node : topology.nodes()) {
        if (!node.facts.engine_version.empty()) versions.insert(node.facts.engine_version);
    }
    return versions.size() > 1;
}

bool moves_under_way(const cluster::Topology& topology) {
    for (std::uint32_t shard = 0; shard < topology.shards(); ++shard) {
        for (const cluster::Replica& replica : topology.replicas_of(ShardId{shard})) {
            if (replica.role == cluster::ReplicaRole::Incoming) return true;
        }
    }
    return false;
}

json::Array shards_by_index(const quorum::ShardsByIndex& all, const quorum::Behind& behind,
                            const std::optional<NodeId>& node) {
    json::Array out;
    for (const auto& [index, shards] : all) {
        json::Array numbers;
        for (const ShardId shard : shards) numbers.emplace_back(shard.value);
        json::Object line;
        if (node) line.append("node", node->value);
        line.append("index", index);
        line.append("shards", std::move(numbers));
        line.append("documents", behind.documents_in(index, shards));
        out.emplace_back(std::move(line));
    }
    return out;
}

// Shards that nobody answers for now, by the nodes that would: what comes back with them, or is lost with them.
json::Array unreachable_view(const cluster::Topology& topology, const quorum::Behind& behind) {
    std::map<std::string, std::vector<ShardId>> by_nodes;
    for (const ShardId shard : cluster::coverage(topology).uncovered) {
        std::string names;
        for (const cluster::Replica& replica : topology.replicas_of(shard)) {
            if (replica.role != cluster::ReplicaRole::Serving) continue;
            names += (names.empty() ? "" : ", ") + topology.node(replica.node).id.value;
        }
        by_nodes[names].push_back(shard);
    }
    json::Array out;
    for (const auto& [names, shards] : by_nodes) {
        std::uint64_t documents = 0;
        for (const auto& [index, counts] : behind.counts) documents += behind.documents_in(index, shards);
        json::Array numbers;
        for (const ShardId shard : shards) numbers.emplace_back(shard.value);
        out.emplace_back(json::Object{{"nodes", names}, {"shards", std::move(numbers)}, {"documents", documents}});
    }
    return out;
}

}  // namespace

json::Value topology_view(const cluster::Topology& topology, const NodeWatch& watch, env::Monotonic now) {
    json::Array nodes;
    std::uint64_t degraded = 0;
    for (std::size_t i = 0; i < topology.nodes().size(); ++i) {
        const cluster::Node& node = topology.nodes()[i];
        if (is_degraded(node)) ++degraded;
        nodes.push_back(node_view(topology, static_cast<cluster::NodeIndex>(i), watch, now));
    }
    json::Object view;
    view.append("version", topology.version());
    view.append("shards", topology.shards());
    view.append("replication_factor", topology.replicas());
    view.append("replica_groups", topology.groups());
    view.append("nodes", std::move(nodes));
    view.append("degraded_node_count", degraded);
    view.append("rebalance_in_progress", moves_under_way(topology));
    view.append("fully_covered", is_ready(topology));
    view.append("mixed_engine_versions", mixed_versions(topology));
    return view;
}

json::Value groups_view(const cluster::Topology& topology) {
    json::Array groups;
    for (std::uint32_t g = 0; g < topology.groups(); ++g) {
        json::Array nodes;
        bool joining = false;
        for (const cluster::Node& node : topology.nodes()) {
            if (node.group.value != g) continue;
            nodes.emplace_back(json::Object{{"id", node.id.value}, {"status", cluster::name_of(node.state())}});
            joining = joining || node.standing.role == cluster::NodeRole::Joining;
        }
        std::uint64_t held = 0;  // shards that the group alone could answer for
        for (std::uint32_t s = 0; s < topology.shards(); ++s) {
            const auto cell = topology.replicas_of(ShardId{s}, GroupId{g});
            held += std::ranges::any_of(cell, [&](const cluster::Replica& replica) {
                return replica.role == cluster::ReplicaRole::Serving && topology.node(replica.node).readable();
            });
        }
        const bool there = topology.has_group(GroupId{g});
        const char* status = !there ? "removed" : joining && held < topology.shards() ? "initializing" : "active";
        groups.emplace_back(json::Object{{"group_id", g},
                                         {"status", status},
                                         {"shards_answered", held},
                                         {"shards", topology.shards()},
                                         {"nodes", std::move(nodes)}});
    }
    return json::Object{{"groups", std::move(groups)}, {"topology_version", topology.placement_version()}};
}

json::Value shards_view(const cluster::Topology& topology, const quorum::Behind& behind) {
    json::Object shards;
    for (std::uint32_t shard = 0; shard < topology.shards(); ++shard) {
        json::Array holders;
        for (const cluster::Replica& replica : topology.replicas_of(ShardId{shard})) {
            if (replica.role == cluster::ReplicaRole::Leaving) continue;
            holders.push_back(topology.node(replica.node).id.value);
        }
        shards.append(std::to_string(shard), std::move(holders));
    }
    json::Object view;
    view.append("shards", std::move(shards));
    json::Array waiting;
    for (const NodeId& node : behind.waiting) waiting.emplace_back(node.value);
    view.append("behind", std::move(waiting));
    json::Array debts;
    for (const auto& [node, lacking] : behind.lacking) {
        for (json::Value& line : shards_by_index(lacking, behind, node)) debts.push_back(std::move(line));
    }
    view.append("debts", std::move(debts));
    view.append("lost", shards_by_index(behind.lost, behind, std::nullopt));
    view.append("unreachable", unreachable_view(topology, behind));
    return view;
}

bool is_ready(const cluster::Topology& topology) { return cluster::coverage(topology).complete(); }

json::Value readiness_view(const cluster::Topology& topology) {
    const cluster::Coverage coverage = cluster::coverage(topology);
    json::Object view;
    view.append("ready", coverage.complete());
    view.append("shards", coverage.shards);
    view.append("covered_shards", coverage.covered);
    view.append("topology_version", topology.version());
    return view;
}

void note_topology(env::Metrics& metrics, const cluster::Topology& topology) {
    const cluster::Coverage coverage = cluster::coverage(topology);
    metrics.gauge(kCoverage).set(coverage.covered);
    metrics.gauge(kDegraded).set(static_cast<double>(coverage.uncovered.size()));
    metrics.gauge(kVersion).set(static_cast<double>(topology.version()));
    for (std::size_t i = 0; i < topology.nodes().size(); ++i) {
        const cluster::Node& node = topology.nodes()[i];
        const auto index = static_cast<cluster::NodeIndex>(i);
        metrics.gauge(kNodeHealthy, {{"node_id", node.id.value}}).set(node.readable() ? 1 : 0);
        metrics.gauge(kDistribution, {{"node_id", node.id.value}})
            .set(topology.placement().held_by(index, topology.shards()));
    }
}

void note_breakers(env::Metrics& metrics, const cluster::Topology& topology, const NodeWatch& watch,
                   env::Monotonic now) {
    using State = cluster::Breaker::State;
    for (const cluster::Node& node : topology.nodes()) {
        const cluster::Breakers::View breaker = watch.breaker(node.id, now);
        const double state = breaker.state == State::Closed ? 0 : breaker.state == State::HalfOpen ? 1 : 2;
        metrics.gauge(kBreaker, {{"node_id", node.id.value}}).set(state);
        metrics.gauge(kOpenings, {{"node_id", node.id.value}}).set(static_cast<double>(breaker.openings));
    }
}

}  // namespace miroir::admin
