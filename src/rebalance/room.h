// Is there room for what is to move? Pure. Sizes are estimates: documents counted, times what one takes on a node.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "cluster/rebalance_plan.h"

namespace miroir::rebalance {

struct RoomFacts {
    std::uint64_t limit = 0;  // bytes of a node's database; 0: none
    std::function<std::uint64_t(ShardId)> bytes_of;
    std::function<std::optional<std::uint64_t>(const NodeId&)> used;  // as the node says; nothing: it has not said
};

// What node would become larger than it may, with the numbers and the way out; 409.
Result<void> judge_room(const cluster::Topology& topology, std::span<const cluster::PlannedMove> moves,
                        const RoomFacts& facts);

}  // namespace miroir::rebalance
