#include "rebalance/room.h"

#include <map>

namespace miroir::rebalance {
namespace {

std::string megabytes(std::uint64_t bytes) {
    constexpr std::uint64_t kMegabyte = 1'000'000;
    return std::to_string((bytes + kMegabyte - 1) / kMegabyte) + " MB";
}

}  // namespace

Result<void> judge_room(const cluster::Topology& topology, std::span<const cluster::PlannedMove> moves,
                        const RoomFacts& facts) {
    if (facts.limit == 0) return {};
    std::map<cluster::NodeIndex, std::uint64_t> coming;
    for (const cluster::PlannedMove& planned : moves) {
        if (planned.move.to) coming[*planned.move.to] += facts.bytes_of(planned.move.shard);
    }
    for (const auto& [at, bytes] : coming) {
        const NodeId& id = topology.node(at).id;
        const std::uint64_t used = facts.used(id).value_or(0);
        if (bytes == 0 || used + bytes <= facts.limit) continue;
        return fail({.code = ErrorCode::MiroirInvalidRequest,
                     .message = "node `" + id.value + "` has no room: its database has " + megabytes(used) +
                                ", about " + megabytes(bytes) + " would come, and rebalancer.max_node_bytes allows " +
                                megabytes(facts.limit) + "; add a node to its group, or raise the limit",
                     .node = id.value,
                     .status = 409});
    }
    return {};
}

}  // namespace miroir::rebalance
