// Which node holds which shard, now and ideally. Pure arithmetic: the same names, weights and zones give the same
// placement in every process and on every machine.
//
// shard(document) = XXH64(primary key as text) mod S. Inside each group a shard goes to the R nodes with the highest
// weighted rendezvous score over XXH64(shard id, node name), zones taken in turn: a zone gives its second replica
// only after every other zone has given its first.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"

namespace miroir::cluster {

// A node's place in the list of one Topology. Never kept longer than that snapshot: names are identity.
using NodeIndex = std::uint16_t;
inline constexpr NodeIndex kNoNode = 0xFFFF;

// `key` is the primary key's text: the integer 7 and the string "7" are one document.
ShardId shard_of(std::string_view key, std::uint32_t shards);

enum class ReplicaRole : std::uint8_t {
    Serving,   // holds the shard: reads and writes
    Incoming,  // being filled: writes, no reads
    Leaving,   // was cut over: neither; the documents are still there, so a filter is needed to leave them out
};

struct Replica {
    NodeIndex node = kNoNode;
    ReplicaRole role = ReplicaRole::Serving;
    auto operator<=>(const Replica&) const = default;
};

// A table shard × group → replicas in order of preference of the hash (never of load).
class Placement {
public:
    Placement() = default;
    Placement(std::uint32_t shards, std::uint32_t groups);

    std::uint32_t shards() const { return shards_; }
    std::uint32_t groups() const { return groups_; }
    std::span<const Replica> replicas(ShardId shard) const;  // of all groups, group by group
    std::span<const Replica> replicas(ShardId shard, GroupId group) const;

    // How many shards of the first `shards` name this node, in any role.
    std::uint32_t held_by(NodeIndex node, std::uint32_t shards) const;

    bool operator==(const Placement&) const = default;

private:
    friend class PlacementEditor;
    std::uint32_t shards_ = 0;
    std::uint32_t groups_ = 0;
    std::vector<std::uint32_t> ends_;  // of each (shard, group) in cells_
    std::vector<Replica> cells_;
};

// Changes one placement into the next.
class PlacementEditor {
public:
    explicit PlacementEditor(const Placement& from);
    std::vector<Replica>& at(ShardId shard, GroupId group);
    void set_groups(std::uint32_t groups);  // new ones are empty
    void forget(NodeIndex node);            // the nodes behind it move one place forward
    Placement finish() const;

private:
    std::uint32_t shards_;
    std::uint32_t groups_;
    std::vector<std::vector<Replica>> cells_;
};

struct Candidate {
    NodeIndex node = kNoNode;
    std::string_view name;
    std::string_view zone;       // empty: a zone of its own
    std::uint32_t weight = 100;  // 100 is a plain node; 200 takes twice as many shards
};

// The R best candidates for a shard, best first; fewer when there are fewer.
std::vector<NodeIndex> best_nodes(ShardId shard, std::span<const Candidate> candidates, std::uint32_t replicas);

}  // namespace miroir::cluster
