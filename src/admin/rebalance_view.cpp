#include "admin/rebalance_view.h"

#include <algorithm>

namespace miroir::admin {
namespace {

using rebalance::MoveRecord;
using rebalance::Rebalancer;

constexpr std::size_t kShown = 256;  // moves; the rest is counted

json::Value name_or_null(const NodeId& node) { return node.value.empty() ? json::Value() : json::Value(node.value); }

json::Value name_in(const cluster::Topology& topology, std::optional<cluster::NodeIndex> node) {
    return node ? json::Value(topology.node(*node).id.value) : json::Value();
}

json::Value move_view(const Rebalancer& rebalancer, const MoveRecord& move) {
    return json::Object{{"shard", move.shard.value},
                        {"replica_group", move.group.value},
                        {"from", name_or_null(move.from)},
                        {"to", name_or_null(move.to)},
                        {"phase", name_of(move.phase)},
                        {"reason", cluster::name_of(move.reason)},
                        {"documents", rebalancer.documents_of(move.shard)},
                        {"waits_for", rebalancer.waits_for(move)},
                        {"began_at_ms", move.began_ms}};
}

std::string_view name_of_role(std::optional<cluster::ReplicaRole> role) {
    if (!role) return "none";
    if (*role == cluster::ReplicaRole::Incoming) return "incoming";
    return *role == cluster::ReplicaRole::Leaving ? "leaving" : "serving";
}

std::string why(const cluster::Topology& topology, const cluster::ShardSeat& seat, std::size_t rank) {
    const cluster::Node& node = topology.node(seat.node);
    if (!seat.candidate)
        return "the node is " + std::string(cluster::name_of(node.standing.role)) + ": it gets no shard";
    const std::string place = "rank " + std::to_string(rank + 1) + " of the hash for this shard";
    if (seat.wanted) return place + ": one of the " + std::to_string(topology.replicas()) + " that are to hold it";
    return place + ": others are preferred";
}

std::int64_t seconds_of(std::chrono::nanoseconds span) {
    return std::chrono::duration_cast<std::chrono::seconds>(span).count();
}

// Nodes that are down: when each is taken for lost, or why it is not, and what only it has.
json::Array absences_view(const std::vector<rebalance::AbsenceVerdict>& absent) {
    json::Array out;
    for (const rebalance::AbsenceVerdict& verdict : absent) {
        json::Array only;
        for (const ShardId shard : verdict.only_copies) only.emplace_back(shard.value);
        const bool kept = !verdict.kept_because.empty();
        out.emplace_back(
            json::Object{{"node_id", verdict.node.value},
                         {"away_s", seconds_of(verdict.away)},
                         {"written_off_in_s", kept ? json::Value() : json::Value(seconds_of(verdict.rest))},
                         {"kept_because", kept ? json::Value(verdict.kept_because) : json::Value()},
                         {"only_copies_of", std::move(only)}});
    }
    return out;
}

// About so many have to be copied before all is where it ought to be.
std::uint64_t documents_to_come(const Rebalancer& rebalancer, const Rebalancer::Status& status) {
    std::uint64_t out = 0;
    for (const MoveRecord& move : status.moves) {
        const bool filling =
            move.phase == rebalance::MovePhase::Doubling || move.phase == rebalance::MovePhase::Copying;
        if (filling) out += rebalancer.documents_of(move.shard);
    }
    for (const cluster::PlannedMove& planned : status.planned) {
        if (planned.move.to) out += rebalancer.documents_of(planned.move.shard);
    }
    return out;
}

}  // namespace

json::Value plan_view(const Rebalancer& rebalancer, const std::vector<cluster::PlannedMove>& plan,
                      const cluster::Topology& topology) {
    json::Array moves;
    for (std::size_t i = 0; i < std::min(plan.size(), kShown); ++i) {
        const cluster::PlannedMove& planned = plan[i];
        moves.emplace_back(json::Object{{"shard", planned.move.shard.value},
                                        {"replica_group", planned.move.group.value},
                                        {"from", name_in(topology, planned.move.from)},
                                        {"to", name_in(topology, planned.move.to)},
                                        {"reason", cluster::name_of(planned.reason)},
                                        {"readable_copies", planned.readable},
                                        {"documents", rebalancer.documents_of(planned.move.shard)},
                                        {"indexes", planned.documents}});
    }
    return moves;
}

json::Value rebalance_view(const Rebalancer& rebalancer, const cluster::Topology& topology) {
    const Rebalancer::Status status = rebalancer.status();
    json::Array moves;
    for (std::size_t i = 0; i < std::min(status.moves.size(), kShown); ++i)
        moves.push_back(move_view(rebalancer, status.moves[i]));
    const auto pause_us = std::chrono::duration_cast<std::chrono::microseconds>(status.longest_pause).count();
    json::Object view{{"state", rebalance::name_of(status.mood)},
                      {"topology_version", topology.placement_version()},
                      {"moving", status.moves.size()},
                      {"planned", status.planned.size()},
                      {"window_open", status.window_open},
                      {"cut_over", status.cut_over},
                      {"longest_pause_ms", static_cast<double>(pause_us) / 1000.0},
                      {"documents_copied", status.copied.documents},
                      {"documents_to_come", documents_to_come(rebalancer, status)},
                      {"bytes_copied", status.copied.bytes},
                      {"moves", std::move(moves)},
                      {"plan", plan_view(rebalancer, status.planned, topology)}};
    if (!status.absent.empty()) view.append("absent", absences_view(status.absent));
    if (!status.trouble.empty()) view.append("trouble", status.trouble);
    return view;
}

json::Value node_progress_view(const Rebalancer& rebalancer, const cluster::Topology& topology,
                               cluster::NodeIndex index) {
    const cluster::Node& node = topology.node(index);
    const Rebalancer::Status status = rebalancer.status();
    std::uint64_t serving = 0;
    for (std::uint32_t s = 0; s < topology.shards(); ++s) {
        for (const cluster::Replica& replica : topology.replicas_of(ShardId{s}))
            serving += replica.node == index && replica.role == cluster::ReplicaRole::Serving ? 1 : 0;
    }
    json::Array moves;
    for (const MoveRecord& move : status.moves) {
        if (move.from == node.id || move.to == node.id) moves.push_back(move_view(rebalancer, move));
    }
    const auto planned = [&](auto side) {
        return static_cast<std::uint64_t>(
            std::ranges::count_if(status.planned, [&](const auto& p) { return p.move.*side == index; }));
    };
    return json::Object{{"node_id", node.id.value},
                        {"address", node.address},
                        {"replica_group", node.group.value},
                        {"status", cluster::name_of(node.state())},
                        {"role", cluster::name_of(node.standing.role)},
                        {"serving", serving},
                        {"placed", topology.placement().held_by(index, topology.placement().shards())},
                        {"to_come", planned(&cluster::Move::to)},
                        {"to_go", planned(&cluster::Move::from)},
                        {"topology_version", topology.placement_version()},
                        {"moves", std::move(moves)}};
}

json::Value seats_view(const Rebalancer& rebalancer, const cluster::Topology& topology, ShardId shard) {
    json::Array groups;
    for (std::uint32_t g = 0; g < topology.groups(); ++g) {
        json::Array seats;
        const std::vector<cluster::ShardSeat> all = explain_seats(topology, shard, GroupId{g});
        for (std::size_t i = 0; i < all.size(); ++i) {
            seats.emplace_back(json::Object{{"node_id", topology.node(all[i].node).id.value},
                                            {"role", name_of_role(all[i].role)},
                                            {"wanted", all[i].wanted},
                                            {"why", why(topology, all[i], i)}});
        }
        groups.emplace_back(json::Object{{"replica_group", g}, {"nodes", std::move(seats)}});
    }
    const Rebalancer::Status status = rebalancer.status();
    json::Array moves;
    for (const MoveRecord& move : status.moves) {
        if (move.shard == shard) moves.push_back(move_view(rebalancer, move));
    }
    std::vector<cluster::PlannedMove> planned = status.planned;
    std::erase_if(planned, [shard](const cluster::PlannedMove& p) { return p.move.shard != shard; });
    return json::Object{{"shard", shard.value},
                        {"documents", rebalancer.documents_of(shard)},
                        {"groups", std::move(groups)},
                        {"moves", std::move(moves)},
                        {"plan", plan_view(rebalancer, planned, topology)}};
}

}  // namespace miroir::admin
