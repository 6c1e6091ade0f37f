// One immutable view of the cluster: nodes, groups, states, placement, with a version that only grows.
// A request takes one snapshot and keeps it to its end. Shared freely between threads; never changed, only succeeded:
// every with_… function returns the next snapshot (version + 1) and leaves its argument alone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "cluster/placement.h"
#include "cluster/standing.h"

namespace miroir::cluster {

// Every shard id below this is placed at once, so that indexes with different numbers of shards share one table.
inline constexpr std::uint32_t kPlacedShards = 256;
inline constexpr std::uint32_t kMaxShards = 4096;
inline constexpr std::uint32_t kMaxNodes = 1024;

// What somebody wrote down about a node.
struct NodeSpec {
    NodeId id;
    std::string address;  // "http://host:7700"; may change, the name may not
    GroupId group;
    std::string zone;            // empty: a zone of its own
    std::uint32_t weight = 100;  // 1 … 10,000
};

// What the node told us. Shown, never fatal.
struct NodeFacts {
    std::string engine_version;  // "1.50.0", empty while unknown
    std::string note;            // "answers, but not as Meilisearch does", or empty
    bool operator==(const NodeFacts&) const = default;
};

struct Node : NodeSpec {
    Standing standing;
    NodeFacts facts;

    NodeState state() const { return standing.state(); }
    bool readable() const { return standing.readable(); }
    bool writable() const { return standing.writable(); }
};

class Topology;
using TopologyPtr = std::shared_ptr<const Topology>;

struct TopologySpec {
    std::vector<NodeSpec> nodes;
    std::uint32_t shards = 64;   // S of a new index, by default
    std::uint32_t replicas = 1;  // R, inside each group
};

class Topology {
public:
    std::uint64_t version() const { return version_; }
    // Grows only when nodes, roles or placement change: what every process must agree on and what the store keeps.
    std::uint64_t placement_version() const { return placement_version_; }

    std::uint32_t shards() const { return shards_; }
    std::uint32_t replicas() const { return replicas_; }
    std::uint32_t groups() const { return groups_; }
    const std::vector<Node>& nodes() const { return nodes_; }
    const Node& node(NodeIndex index) const { return nodes_[index]; }
    std::optional<NodeIndex> find(const NodeId& id) const;
    // A replica on a node whose role is Removed counts for nothing. Count copies here, not as groups() × replicas():
    // a group may be empty or still filling.
    const Placement& placement() const { return *placement_; }
    std::span<const Replica> replicas_of(ShardId shard) const { return placement_->replicas(shard); }
    std::span<const Replica> replicas_of(ShardId shard, GroupId group) const {
        return placement_->replicas(shard, group);
    }
    // True when the node serves exactly these of the first `shards` shards and holds no other (so that a read needs
    // no shard filter). `answers_for` is sorted.
    bool holds_exactly(NodeIndex node, std::span<const ShardId> answers_for, std::uint32_t shards) const;
    // Does a node belong to the group that has not left? A number may stay free after its group has left.
    bool has_group(GroupId group) const;
    // Copies of each shard that take writes, as shard 0 has them: groups may be empty, or still filling.
    std::uint32_t copies() const;
    // True when each group serves every shard R times and holds no other copy: nothing moves, nothing is missing.
    bool settled() const;

private:
    friend struct TopologyChange;
    std::uint64_t version_ = 1;
    std::uint64_t placement_version_ = 1;
    std::uint32_t shards_ = 64;
    std::uint32_t replicas_ = 1;
    std::uint32_t groups_ = 1;
    std::vector<Node> nodes_;  // in the order in which they were named
    std::shared_ptr<const Placement> placement_;
};

// The first snapshot of a cluster that holds nothing yet: every node active, none asked yet, the ideal placement.
Result<TopologyPtr> make_topology(const TopologySpec& spec);

// What the store kept: the snapshot continues where it was, with every node not asked yet.
struct SavedTopology {
    std::uint64_t placement_version = 1;
    std::uint32_t shards = 64;
    std::uint32_t replicas = 1;
    std::vector<NodeSpec> nodes;
    std::vector<NodeRole> roles;  // beside `nodes`
    Placement placement;
};
Result<TopologyPtr> restore_topology(const SavedTopology& saved);
SavedTopology saved(const Topology& topology);
// `agreed`, which became durable in the meantime, as what follows on `now`: what probes know of the nodes stays.
TopologyPtr with_what_probes_know(const Topology& agreed, const Topology& now);

Result<TopologyPtr> with_node_event(const Topology& from, const NodeId& node, NodeEvent event);
Result<TopologyPtr> with_node_facts(const Topology& from, const NodeId& node, NodeFacts facts);
Result<TopologyPtr> with_node_address(const Topology& from, const NodeId& node, std::string address);
// Each is found where the other was, and is not asked yet there.
Result<TopologyPtr> with_addresses_exchanged(const Topology& from, const NodeId& one, const NodeId& other);
Result<TopologyPtr> with_node_weight(const Topology& from, const NodeId& node, std::uint32_t weight);
// A node more, joining and empty; it may open the next group. Its shards come by moves.
Result<TopologyPtr> with_node(const Topology& from, NodeSpec spec);
// Forgets a removed node; refused while the placement names it, in whatever role.
Result<TopologyPtr> without_node(const Topology& from, const NodeId& node);

// The group holds nothing any more and its nodes are removed, whatever they held: the other groups have it. For the
// group's own sake judge_group_removal() comes first.
Result<TopologyPtr> with_group_dropped(const Topology& from, GroupId group);

// The three visible steps of a move. Without `from` a copy is added, without `to` there is one too many.
struct Move {
    ShardId shard;
    GroupId group;
    std::optional<NodeIndex> from;
    std::optional<NodeIndex> to;
    bool operator==(const Move&) const = default;
};
Result<TopologyPtr> with_move_begun(const Topology& from, const Move& move);     // `to` is Incoming
Result<TopologyPtr> with_move_cut_over(const Topology& from, const Move& move);  // `to` serves, `from` is Leaving
// The move is given up before its cut-over: `to` is Leaving, what it got so far is to be deleted.
Result<TopologyPtr> with_move_undone(const Topology& from, const Move& move);
Result<TopologyPtr> with_replica_dropped(const Topology& from, ShardId shard, GroupId group, NodeIndex node);

// The ideal placement of the nodes that are to stay (joining and active, down or not), without those in `lost`.
Placement ideal_placement(const Topology& topology, std::span<const NodeIndex> lost = {});
// What has to move to get there, shard by shard; nothing else does. Moves that already run are left alone.
std::vector<Move> moves_towards(const Topology& topology, const Placement& target);

}  // namespace miroir::cluster
