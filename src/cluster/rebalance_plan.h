// What has to move, in which order, and why. Pure: the same snapshot and sizes give the same plan in every process.
// Minimal (only what the ideal placement asks for moves) and ordered by danger: shards with the fewest copies that
// somebody can read come first, then what leaves draining nodes, then what is merely better placed.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/topology.h"

namespace miroir::cluster {

enum class MoveReason : std::uint8_t {
    CopyMissing,  // fewer than R nodes of the group serve the shard
    NodeLost,     // its holder was written off
    NodeDrains,   // its holder is to be empty
    BetterPlace,  // a node joined, or weights and zones changed: the hash prefers another node
    OneTooMany,   // more than R copies
};
std::string_view name_of(MoveReason reason);  // "node_drains"

struct PlannedMove {
    Move move;
    MoveReason reason = MoveReason::BetterPlace;
    std::uint32_t readable = 0;   // copies of the shard, in all groups, that somebody can read now
    std::uint64_t documents = 0;  // about so many
    bool operator==(const PlannedMove&) const = default;
};

// `documents` counts by shard, of all indexes; shards behind its end count as empty.
std::vector<PlannedMove> plan_moves(const Topology& topology, std::span<const std::uint64_t> documents = {});

struct MoveLimits {
    std::uint32_t per_node = 4;              // shards that a node gives or takes at once
    std::uint32_t small_per_node = 32;       // so many where all of them together
    std::uint64_t small_documents = 20'000;  // have no more documents than these
};

// Those of the plan that may begin beside the moves that run: a node that is being filled takes no second set before
// the first is in, so that each set is copied in one go. Moves of empty shards cost nothing and are not counted; who
// runs without a giver and a taker is only in the way of another move of its shard.
std::vector<PlannedMove> next_moves(const Topology& topology, std::span<const PlannedMove> plan,
                                    std::span<const Move> running, MoveLimits limits);

// "Why is this shard here?": the nodes of the group as the hash ranks them for the shard, with what each has of it.
struct ShardSeat {
    NodeIndex node = kNoNode;
    std::optional<ReplicaRole> role;  // nothing: it has no part of the shard
    bool wanted = false;              // the ideal placement names it
    bool candidate = false;           // it may hold shards: joining or active
};
std::vector<ShardSeat> explain_seats(const Topology& topology, ShardId shard, GroupId group);

// Refusals of the operator's wishes, each with the reason and the way out; 409.
Result<void> judge_drain(const Topology& topology, const NodeId& node);
Result<void> judge_removal(const Topology& topology, const NodeId& node, bool lost);
// `keeps`: does this node hold the shard, with all writes? `in_use`: has somebody written to it? The rest may go.
Result<void> judge_group_removal(const Topology& topology, GroupId group,
                                 const std::function<bool(const NodeId&, ShardId)>& keeps,
                                 const std::function<bool(ShardId)>& in_use);

}  // namespace miroir::cluster
