// Moves: from the placement that is to the placement that ought to be, one shard at a time.
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "cluster/placement_change.h"
#include "cluster/topology.h"

namespace miroir::cluster {
namespace {

using Cell = std::vector<Replica>;

Candidate candidate_of(const Topology& topology, NodeIndex index) {
    const Node& node = topology.node(index);
    return {.node = index, .name = node.id.value, .zone = node.zone, .weight = node.weight};
}

Cell::iterator replica_on(Cell& cell, NodeIndex node) { return std::ranges::find(cell, node, &Replica::node); }

std::unexpected<Error> refuse(std::string message) {
    return fail({.code = ErrorCode::MiroirInvalidRequest, .message = std::move(message), .node = {}, .status = 409});
}

Result<void> check_move(const Topology& topology, const Move& move) {
    if (move.shard.value >= topology.placement().shards()) return refuse("there is no such shard");
    if (move.group.value >= topology.groups()) return refuse("there is no such group");
    for (const auto& side : {move.from, move.to}) {
        if (side && *side >= topology.nodes().size()) return refuse("there is no such node");
    }
    if (move.to && topology.node(*move.to).group != move.group) return refuse("the node belongs to another group");
    return {};
}

// Serving replicas in the order of the hash, then the others as they stand.
void put_in_order(const Topology& topology, ShardId shard, Cell& cell) {
    std::vector<Candidate> serving;
    for (const Replica& r : cell) {
        if (r.role == ReplicaRole::Serving) serving.push_back(candidate_of(topology, r.node));
    }
    Cell ordered;
    for (const NodeIndex node : best_nodes(shard, serving, static_cast<std::uint32_t>(serving.size()))) {
        ordered.push_back({.node = node, .role = ReplicaRole::Serving});
    }
    std::ranges::copy_if(cell, std::back_inserter(ordered),
                         [](const Replica& r) { return r.role != ReplicaRole::Serving; });
    cell = std::move(ordered);
}

void moves_of_cell(const Move& where, std::span<const Replica> now, std::span<const Replica> target,
                   std::vector<Move>& out) {
    const auto names = [](std::span<const Replica> cell, NodeIndex node) {
        return std::ranges::find(cell, node, &Replica::node) != cell.end();
    };
    std::vector<NodeIndex> gained;
    std::vector<NodeIndex> lost;
    std::size_t running = 0;  // moves on their way will free one of the lost each
    for (const Replica& r : target) {
        if (!names(now, r.node)) gained.push_back(r.node);
    }
    for (const Replica& r : now) {
        if (r.role == ReplicaRole::Serving && !names(target, r.node)) lost.push_back(r.node);
        if (r.role == ReplicaRole::Incoming) ++running;
    }
    lost.resize(lost.size() - std::min(lost.size(), running));
    for (std::size_t i = 0; i < std::max(gained.size(), lost.size()); ++i) {
        Move move = where;
        if (i < lost.size()) move.from = lost[i];
        if (i < gained.size()) move.to = gained[i];
        out.push_back(move);
    }
}

}  // namespace

Result<TopologyPtr> with_move_begun(const Topology& from, const Move& move) {
    MIROIR_CHECK(check_move(from, move));
    if (!move.to) return refuse("a move begins with the node it fills");
    const Standing standing = from.node(*move.to).standing;
    if (standing.role != NodeRole::Joining && standing.role != NodeRole::Active) {
        return refuse("a node that is " + std::string(name_of(standing.role)) + " takes no shard");
    }
    PlacementEditor editor(from.placement());
    Cell& cell = editor.at(move.shard, move.group);
    if (replica_on(cell, *move.to) != cell.end()) return refuse("the node already has a part of this shard");
    if (move.from) {
        const auto source = replica_on(cell, *move.from);
        if (source == cell.end() || source->role != ReplicaRole::Serving)
            return refuse("the old owner does not serve this shard");
    }
    cell.push_back({.node = *move.to, .role = ReplicaRole::Incoming});
    return with_placement(from, editor.finish());
}

Result<TopologyPtr> with_move_cut_over(const Topology& from, const Move& move) {
    MIROIR_CHECK(check_move(from, move));
    PlacementEditor editor(from.placement());
    Cell& cell = editor.at(move.shard, move.group);
    if (move.to) {
        const auto filled = replica_on(cell, *move.to);
        if (filled == cell.end() || filled->role != ReplicaRole::Incoming)
            return refuse("the new owner was not being filled");
        filled->role = ReplicaRole::Serving;
    }
    if (move.from) {
        const auto left = replica_on(cell, *move.from);
        if (left == cell.end() || left->role != ReplicaRole::Serving)
            return refuse("the old owner does not serve this shard");
        left->role = ReplicaRole::Leaving;
    }
    const bool served = std::ranges::any_of(cell, [](const Replica& r) { return r.role == ReplicaRole::Serving; });
    if (!served) return refuse("nobody in the group would serve the shard");
    put_in_order(from, move.shard, cell);
    return with_placement(from, editor.finish());
}

Result<TopologyPtr> with_move_undone(const Topology& from, const Move& move) {
    MIROIR_CHECK(check_move(from, move));
    PlacementEditor editor(from.placement());
    Cell& cell = editor.at(move.shard, move.group);
    const auto filled = move.to ? replica_on(cell, *move.to) : cell.end();
    if (filled == cell.end() || filled->role != ReplicaRole::Incoming)
        return refuse("only a copy that is being filled can be given up");
    filled->role = ReplicaRole::Leaving;
    return with_placement(from, editor.finish());
}

Result<TopologyPtr> with_replica_dropped(const Topology& from, ShardId shard, GroupId group, NodeIndex node) {
    MIROIR_CHECK(check_move(from, Move{.shard = shard, .group = group, .from = node, .to = {}}));
    PlacementEditor editor(from.placement());
    Cell& cell = editor.at(shard, group);
    const auto replica = replica_on(cell, node);
    if (replica == cell.end()) return refuse("the node has no part of this shard");
    if (replica->role == ReplicaRole::Serving) return refuse("the replica still serves: cut it over first");
    cell.erase(replica);
    return with_placement(from, editor.finish());
}

Placement ideal_placement(const Topology& topology, std::span<const NodeIndex> lost) {
    const Placement& now = topology.placement();
    PlacementEditor editor(Placement(now.shards(), now.groups()));
    for (std::uint32_t g = 0; g < now.groups(); ++g) {
        std::vector<Candidate> candidates;
        for (std::size_t i = 0; i < topology.nodes().size(); ++i) {
            const auto index = static_cast<NodeIndex>(i);
            const Node& node = topology.node(index);
            const bool stays = node.standing.role == NodeRole::Joining || node.standing.role == NodeRole::Active;
            if (node.group.value != g || !stays || std::ranges::find(lost, index) != lost.end()) continue;
            candidates.push_back(candidate_of(topology, index));
        }
        for (std::uint32_t s = 0; s < now.shards(); ++s) {
            for (const NodeIndex node : best_nodes(ShardId{s}, candidates, topology.replicas())) {
                editor.at(ShardId{s}, GroupId{g}).push_back({.node = node, .role = ReplicaRole::Serving});
            }
        }
    }
    return editor.finish();
}

std::vector<Move> moves_towards(const Topology& topology, const Placement& target) {
    MIROIR_ASSERT(target.shards() == topology.placement().shards() && target.groups() == topology.groups());
    std::vector<Move> out;
    for (std::uint32_t s = 0; s < target.shards(); ++s) {
        for (std::uint32_t g = 0; g < target.groups(); ++g) {
            const auto wanted = target.replicas(ShardId{s}, GroupId{g});
            if (wanted.empty()) continue;  // nobody could take it: better where it is than nowhere
            const Move where{.shard = ShardId{s}, .group = GroupId{g}, .from = {}, .to = {}};
            moves_of_cell(where, topology.replicas_of(ShardId{s}, GroupId{g}), wanted, out);
        }
    }
    return out;
}

}  // namespace miroir::cluster
