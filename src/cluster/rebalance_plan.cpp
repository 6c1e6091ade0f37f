#include "cluster/rebalance_plan.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

namespace miroir::cluster {
namespace {

std::uint32_t readable_copies(const Topology& topology, ShardId shard) {
    std::uint32_t count = 0;
    for (const Replica& r : topology.replicas_of(shard)) {
        count += r.role == ReplicaRole::Serving && topology.node(r.node).readable() ? 1 : 0;
    }
    return count;
}

MoveReason reason_of(const Topology& topology, const Move& move) {
    if (!move.from) return MoveReason::CopyMissing;
    const NodeRole role = topology.node(*move.from).standing.role;
    if (role == NodeRole::Removed) return MoveReason::NodeLost;
    if (role == NodeRole::Draining) return MoveReason::NodeDrains;
    return move.to ? MoveReason::BetterPlace : MoveReason::OneTooMany;
}

// Smaller goes first.
auto urgency(const PlannedMove& planned) {
    const bool endangered = planned.reason == MoveReason::CopyMissing || planned.reason == MoveReason::NodeLost;
    return std::tuple(!endangered, endangered ? planned.readable : 0, planned.reason, planned.move.shard.value,
                      planned.move.group.value, planned.move.from, planned.move.to);
}

// What a node gives or takes at once.
struct Burden {
    std::uint32_t shards = 0;
    std::uint64_t documents = 0;
    bool allows(const PlannedMove& planned, const MoveLimits& limits) const {
        const bool small = documents + planned.documents <= limits.small_documents;
        return shards < (small ? limits.small_per_node : limits.per_node);
    }
    void add(const PlannedMove& planned) {
        ++shards;
        documents += planned.documents;
    }
};

std::unexpected<Error> refuse(const NodeId& node, std::string message) {
    return fail(
        {.code = ErrorCode::MiroirInvalidRequest, .message = std::move(message), .node = node.value, .status = 409});
}

Result<NodeIndex> named(const Topology& topology, const NodeId& id) {
    if (const auto index = topology.find(id)) return *index;
    return fail(
        {.code = ErrorCode::MiroirNotFound, .message = "there is no node `" + id.value + "`", .node = id.value});
}

bool stays(const Node& node) {
    return node.standing.role == NodeRole::Joining || node.standing.role == NodeRole::Active;
}

std::uint32_t served_by(const Topology& topology, NodeIndex node) {
    std::uint32_t count = 0;
    for (std::uint32_t s = 0; s < topology.placement().shards(); ++s) {
        for (const Replica& r : topology.replicas_of(ShardId{s}))
            count += r.node == node && r.role == ReplicaRole::Serving ? 1 : 0;
    }
    return count;
}

}  // namespace

std::string_view name_of(MoveReason reason) {
    static constexpr std::array<std::string_view, 5> kNames = {"copy_missing", "node_lost", "node_drains",
                                                               "better_place", "one_too_many"};
    return kNames[static_cast<std::size_t>(reason)];
}

std::vector<PlannedMove> plan_moves(const Topology& topology, std::span<const std::uint64_t> documents) {
    std::vector<PlannedMove> out;
    for (const Move& move : moves_towards(topology, ideal_placement(topology))) {
        const std::size_t shard = move.shard.value;
        out.push_back({.move = move,
                       .reason = reason_of(topology, move),
                       .readable = readable_copies(topology, move.shard),
                       .documents = shard < documents.size() ? documents[shard] : 0});
    }
    std::ranges::sort(out, {}, urgency);
    return out;
}

std::vector<PlannedMove> next_moves(const Topology& topology, std::span<const PlannedMove> plan,
                                    std::span<const Move> running, MoveLimits limits) {
    std::map<NodeIndex, Burden> given;
    std::map<NodeIndex, Burden> taken;
    std::set<std::pair<std::uint32_t, std::uint32_t>> cells;  // one move of a cell at a time
    std::set<NodeIndex> being_filled;
    for (const Move& move : running) {
        cells.emplace(move.shard.value, move.group.value);
        if (move.from) ++given[*move.from].shards;
        if (move.to) being_filled.insert(*move.to);
    }
    std::vector<PlannedMove> out;
    for (const PlannedMove& planned : plan) {
        const Move& move = planned.move;
        if (cells.contains({move.shard.value, move.group.value})) continue;
        if (move.to && !topology.node(*move.to).writable()) continue;  // it could take nothing
        const bool costs = planned.documents > 0 && move.to;
        if (costs) {
            if (being_filled.contains(*move.to) || !taken[*move.to].allows(planned, limits)) continue;
            if (move.from && !given[*move.from].allows(planned, limits)) continue;
            taken[*move.to].add(planned);
            if (move.from) given[*move.from].add(planned);
        }
        cells.emplace(move.shard.value, move.group.value);
        out.push_back(planned);
    }
    return out;
}

std::vector<ShardSeat> explain_seats(const Topology& topology, ShardId shard, GroupId group) {
    std::vector<Candidate> ranked;
    std::vector<ShardSeat> others;
    const auto cell = topology.replicas_of(shard, group);
    for (std::size_t i = 0; i < topology.nodes().size(); ++i) {
        const Node& node = topology.nodes()[i];
        if (node.group != group) continue;
        const auto index = static_cast<NodeIndex>(i);
        if (stays(node))
            ranked.push_back({.node = index, .name = node.id.value, .zone = node.zone, .weight = node.weight});
        else others.push_back({.node = index, .role = {}});
    }
    std::vector<ShardSeat> out;
    for (const NodeIndex node : best_nodes(shard, ranked, static_cast<std::uint32_t>(ranked.size())))
        out.push_back({.node = node, .role = {}, .wanted = out.size() < topology.replicas(), .candidate = true});
    out.insert(out.end(), others.begin(), others.end());
    for (ShardSeat& seat : out) {
        const auto held = std::ranges::find(cell, seat.node, &Replica::node);
        if (held != cell.end()) seat.role = held->role;
    }
    return out;
}

Result<void> judge_drain(const Topology& topology, const NodeId& id) {
    MIROIR_TRY(const NodeIndex index, named(topology, id));
    const Node& node = topology.node(index);
    const auto left = static_cast<std::uint32_t>(std::ranges::count_if(topology.nodes(), [&](const Node& other) {
        return other.group == node.group && other.id != id && stays(other);
    }));
    if (stays(node) && left < topology.replicas()) {
        return refuse(id, "node `" + id.value + "` cannot be drained: group " + std::to_string(node.group.value) +
                              " would keep " + std::to_string(left) + " nodes for " +
                              std::to_string(topology.replicas()) +
                              " copies of each shard; add a node to the group first");
    }
    return {};
}

Result<void> judge_group_removal(const Topology& topology, GroupId group,
                                 const std::function<bool(const NodeId&, ShardId)>& keeps,
                                 const std::function<bool(ShardId)>& in_use) {
    const std::string name = "group " + std::to_string(group.value);
    const bool known = std::ranges::any_of(topology.nodes(), [&](const Node& node) { return node.group == group; });
    if (!known) return fail({.code = ErrorCode::MiroirNotFound, .message = "there is no " + name});
    const bool others = std::ranges::any_of(topology.nodes(), [&](const Node& node) {
        return node.group != group && node.standing.role == NodeRole::Active;
    });
    if (!others) return refuse({}, name + " is the only one that holds anything; add another group first");
    std::vector<ShardId> alone;
    for (std::uint32_t s = 0; s < topology.placement().shards(); ++s) {
        const bool elsewhere = std::ranges::any_of(topology.replicas_of(ShardId{s}), [&](const Replica& r) {
            const Node& node = topology.node(r.node);
            return node.group != group && r.role == ReplicaRole::Serving && node.readable() &&
                   keeps(node.id, ShardId{s});
        });
        if (!elsewhere && in_use(ShardId{s})) alone.push_back(ShardId{s});
    }
    if (alone.empty()) return {};
    return refuse({}, name + " has the last copy that can be read of " + std::to_string(alone.size()) +
                          " shards (the first is " + std::to_string(alone.front().value) +
                          "); wait until the nodes of the other groups are back and filled, then ask again");
}

Result<void> judge_removal(const Topology& topology, const NodeId& id, bool lost) {
    MIROIR_TRY(const NodeIndex index, named(topology, id));
    const Node& node = topology.node(index);
    const std::uint32_t placed = topology.placement().held_by(index, topology.placement().shards());
    const std::string name = "node `" + id.value + "`";
    if (node.standing.role == NodeRole::Removed) {
        if (placed == 0) return {};
        return refuse(id, name + " was written off, but " + std::to_string(placed) +
                              " of its shards are not placed anew yet; wait for the rebalance to end");
    }
    const std::uint32_t served = served_by(topology, index);
    if (!lost && placed > 0) {
        const std::string_view owns = served > 0 ? "still owns " : "still has copies of ";
        return refuse(id, name + " " + std::string(owns) + std::to_string(served > 0 ? served : placed) +
                              " shards; drain it first, or say that it is lost for good");
    }
    if (!lost) return {};
    if (node.standing.reach != NodeReach::Down && node.standing.reach != NodeReach::Unknown && placed > 0)
        return refuse(id, name + " answers, so it is not lost; drain it instead, or stop it first");
    return {};
}

}  // namespace miroir::cluster
