#include "quorum/ack_rule.h"

#include <algorithm>
#include <map>

namespace miroir::quorum {

std::uint32_t AckRule::needed(std::uint32_t copies) const {
    switch (kind) {
        case Kind::Half: return (copies + 1) / 2;
        case Kind::Quorum: return copies / 2 + 1;
        case Kind::All: return copies;
        case Kind::Number: return std::min(number, copies);
    }
    return copies;
}

namespace {

// A copy that is still being filled takes writes, but the cluster could not live on it.
bool counts(const WriteOrder& order, ShardId shard, cluster::NodeIndex node) {
    if (order.topology == nullptr || shard.value >= order.topology->placement().shards()) return true;
    const auto replicas = order.topology->replicas_of(shard);
    const auto held = std::ranges::find(replicas, node, &cluster::Replica::node);
    return held == replicas.end() || held->role == cluster::ReplicaRole::Serving;
}

}  // namespace

// A node vouches for its copy of a shard when it took every request that concerns it.
AckCount count_acks(const WriteOrder& order, std::span<const std::uint8_t> accepted, AckRule rule) {
    std::map<ShardId, std::map<cluster::NodeIndex, bool>> copies;
    for (const ShardId shard : order.shards) copies[shard];
    for (std::size_t i = 0; i < order.requests.size(); ++i) {
        const NodeRequest& request = order.requests[i];
        for (const ShardId shard : request.shards) {
            if (!counts(order, shard, request.node)) continue;
            bool& vouched = copies[shard].try_emplace(request.node, true).first->second;
            vouched = vouched && accepted[i] != 0;
        }
    }
    AckCount out;
    for (const auto& [shard, nodes] : copies) {
        const auto count = static_cast<std::uint32_t>(nodes.size());
        const auto acks =
            static_cast<std::uint32_t>(std::ranges::count_if(nodes, [](const auto& node) { return node.second; }));
        if (acks < std::max<std::uint32_t>(1, rule.needed(count))) out.short_of.push_back(shard);
        else if (acks < count) out.degraded.push_back(shard);
    }
    return out;
}

}  // namespace miroir::quorum
