// A whole group leaves: nothing has to move, because the others have everything.
#include "env/log.h"
#include "rebalance/rebalancer.h"

namespace miroir::rebalance {
namespace {

using cluster::Topology;
using cluster::TopologyPtr;

constexpr std::string_view kTarget = "rebalance";
constexpr std::string_view kMoves = "moves";

std::vector<NodeId> nodes_of(const Topology& topology, GroupId group) {
    std::vector<NodeId> out;
    for (const cluster::Node& node : topology.nodes()) {
        if (node.group == group) out.push_back(node.id);
    }
    return out;
}

}  // namespace

Result<void> Rebalancer::judge_group(const Topology& topology, GroupId group) const {
    const auto keeps = [this](const NodeId& node, ShardId shard) {
        return !mover_.waits(node) && !mover_.lacks(node, shard);
    };
    const auto in_use = [this](ShardId shard) { return mover_.indexes_with(shard) > 0; };
    MIROIR_CHECK(cluster::judge_group_removal(topology, group, keeps, in_use));
    for (const auto& [key, move] : moves_) {
        if (move.group == group || move.phase == MovePhase::Grace || move.phase == MovePhase::Cleaning) continue;
        return fail({.code = ErrorCode::MiroirInvalidRequest,
                     .message = "shards of group " + std::to_string(move.group.value) +
                                " are moving: wait until they have arrived, or give the moves up (rebalance cancel)",
                     .node = {},
                     .status = 409});
    }
    return {};
}

// Under the order of writes: what was written before has gone to the group, what is written later does not.
env::Task<Result<void>> Rebalancer::drop_group(GroupId group, bool forget, bool only_judge) {
    MIROIR_CO_CHECK(judge_group(*book_.current(), group));
    if (only_judge) co_return Result<void>{};
    const env::Lane::Pass turn = co_await turn_.enter();
    const std::vector<env::Lane::Pass> passes = co_await mover_.hold_all_lanes();
    std::vector<NodeId> nodes;
    std::vector<std::pair<NodeId, std::vector<std::uint64_t>>> places;  // of what was kept for them
    const auto leave = [&](const Topology& from, tasks::Batch& batch) -> Result<TopologyPtr> {
        MIROIR_CHECK(judge_group(from, group));
        nodes = nodes_of(from, group);
        MIROIR_TRY(TopologyPtr next, with_group_dropped(from, group));
        for (const NodeId& node : nodes) {
            places.emplace_back(node, mover_.forget(batch, node));
            if (!forget) continue;
            MIROIR_TRY(next, without_node(*next, node));
        }
        for (const auto& [key, move] : moves_) {
            if (move.group == group) batch.erase(std::string(kMoves), key);
        }
        return next;
    };
    const Result<TopologyPtr> left = co_await book_.change_recorded(leave);
    if (!left) co_return fail(left.error());
    for (const auto& [node, kept] : places) mover_.forgotten(node, kept);
    std::erase_if(phase_since_, [&](const auto& phase) {
        const auto move = moves_.find(phase.first);
        return move != moves_.end() && move->second.group == group;
    });
    std::erase_if(moves_, [group](const auto& move) { return move.second.group == group; });
    env_.log.info(kTarget, "a group has left", {{"group", group.value}, {"nodes", nodes.size()}});
    co_return Result<void>{};
}

}  // namespace miroir::rebalance
