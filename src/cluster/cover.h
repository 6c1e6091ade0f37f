// For one read: which node answers for which shards, each shard exactly once. And what the cluster covers at all.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "cluster/topology.h"

namespace miroir::cluster {

struct CoverPreference {
    std::optional<GroupId> group;   // asked first; the others stand in for shards it cannot answer for
    std::uint64_t seed = 0;         // the same seed prefers the same replicas
    std::uint32_t shards = 0;       // S of the index; 0: the topology's
    std::optional<ShardId> only{};  // the read is about one shard (`whole` says nothing then); none: about all
    std::vector<NodeIndex> avoid;   // answer for nothing (they just failed, or their settings are too old)
    // May this node answer for this shard (no hints, no debts, fresh enough)? Empty: it may.
    std::function<bool(NodeIndex, ShardId)> fresh;
    // Of the two replicas that the seed prefers the first answers, unless it costs more than `stick` times what the
    // second does. Empty: all equal.
    std::function<double(NodeIndex)> cost;
    double stick = 1;
    bool allow_missing = false;  // a partial cover instead of an error
};

struct CoverPart {
    NodeIndex node = kNoNode;
    std::vector<ShardId> shards;  // ascending
    bool whole = false;           // the node holds nothing else: no shard filter needed
    bool operator==(const CoverPart&) const = default;
};

struct Cover {
    std::vector<CoverPart> parts;  // by node index
    std::vector<ShardId> missing;  // empty unless allow_missing
    bool operator==(const Cover&) const = default;
};

// MiroirShardUnavailable when a shard has no replica that may answer.
Result<Cover> cover(const Topology& topology, const CoverPreference& preference);

struct Coverage {
    std::uint32_t shards = 0;
    std::uint32_t covered = 0;  // some readable replica serves it
    std::vector<ShardId> uncovered;
    std::vector<ShardId> degraded;  // covered, but some serving replica is not readable, or there are fewer than R
    bool complete() const { return uncovered.empty(); }
};
Coverage coverage(const Topology& topology, std::uint32_t shards = 0);

}  // namespace miroir::cluster
