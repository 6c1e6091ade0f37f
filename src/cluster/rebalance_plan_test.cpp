#include "cluster/rebalance_plan.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace miroir::cluster {
namespace {

constexpr std::uint32_t kShards = 256;

TopologyPtr up(TopologyPtr t, const std::string& name) {
    for (const NodeEvent event : {NodeEvent::Answered, NodeEvent::Vouched})
        t = with_node_event(*t, NodeId{name}, event).value();
    return t;
}

NodeSpec spec_of(std::uint32_t i, std::uint32_t groups = 1, std::string zone = {}) {
    const std::string name = "n" + std::to_string(i);
    return {.id = {name}, .address = "http://" + name + ":7700", .group = {i % groups}, .zone = std::move(zone)};
}

TopologyPtr cluster_of(std::uint32_t nodes, std::uint32_t replicas, std::uint32_t groups = 1) {
    TopologySpec spec{.nodes = {}, .shards = kShards, .replicas = replicas};
    for (std::uint32_t i = 0; i < nodes; ++i) spec.nodes.push_back(spec_of(i, groups));
    TopologyPtr t = make_topology(spec).value();
    for (std::uint32_t i = 0; i < nodes; ++i) t = up(t, "n" + std::to_string(i));
    return t;
}

TopologyPtr event(const TopologyPtr& t, const std::string& node, NodeEvent what) {
    return with_node_event(*t, NodeId{node}, what).value();
}

TopologyPtr carry_out(TopologyPtr t, const Move& move) {
    if (move.to) t = with_move_begun(*t, move).value();
    t = with_move_cut_over(*t, move).value();
    return move.from ? with_replica_dropped(*t, move.shard, move.group, *move.from).value() : t;
}

struct Shape {
    std::uint32_t nodes, replicas, groups;
};

class Plans : public testing::TestWithParam<Shape> {};

TEST_P(Plans, TheNextNodeTakesItsPartAndNothingElseMoves) {
    const auto [nodes, replicas, groups] = GetParam();
    TopologyPtr t = cluster_of(nodes * groups, replicas, groups);
    EXPECT_TRUE(plan_moves(*t).empty());
    t = up(with_node(*t, spec_of(nodes * groups, groups)).value(), "n" + std::to_string(nodes * groups));
    const auto plan = plan_moves(*t);
    for (const PlannedMove& planned : plan) {
        EXPECT_EQ(planned.move.to, NodeIndex(nodes * groups));
        EXPECT_TRUE(planned.move.from.has_value());
        EXPECT_EQ(planned.reason, MoveReason::BetterPlace);
    }
    const double share = kShards * replicas / static_cast<double>(nodes + 1);
    EXPECT_GT(static_cast<double>(plan.size()), share * 0.7);
    EXPECT_LT(static_cast<double>(plan.size()), share * 1.3);
    for (const PlannedMove& planned : plan) t = carry_out(t, planned.move);
    EXPECT_TRUE(plan_moves(*t).empty());
    EXPECT_TRUE(t->settled());
}

TEST_P(Plans, ANodeThatDrainsGivesOnlyWhatItHeld) {
    const auto [nodes, replicas, groups] = GetParam();
    TopologyPtr t = event(cluster_of(nodes * groups, replicas, groups), "n0", NodeEvent::Drain);
    if (nodes == replicas) {
        EXPECT_FALSE(judge_drain(*cluster_of(nodes * groups, replicas, groups), NodeId{"n0"}).has_value());
        return;
    }
    const auto plan = plan_moves(*t);
    EXPECT_EQ(plan.size(), t->placement().held_by(0, kShards));
    for (const PlannedMove& planned : plan) {
        EXPECT_EQ(planned.move.from, NodeIndex(0));
        EXPECT_EQ(planned.reason, MoveReason::NodeDrains);
        t = carry_out(t, planned.move);
    }
    EXPECT_EQ(t->placement().held_by(0, kShards), 0u);
    EXPECT_TRUE(plan_moves(*t).empty());
}

INSTANTIATE_TEST_SUITE_P(Shapes, Plans,
                         testing::Values(Shape{3, 1, 1}, Shape{3, 2, 1}, Shape{4, 2, 2}, Shape{5, 3, 1}, Shape{9, 2, 1},
                                         Shape{2, 2, 1}));

TEST(Plan, TheMostEndangeredGoFirst) {
    TopologyPtr t = cluster_of(5, 2);
    t = event(t, "n4", NodeEvent::Failed);  // down: its shards have one readable copy
    t = event(t, "n3", NodeEvent::Failed);
    t = event(t, "n3", NodeEvent::Discard);
    t = event(t, "n0", NodeEvent::Drain);
    const auto plan = plan_moves(*t);
    ASSERT_FALSE(plan.empty());
    EXPECT_EQ(plan.front().reason, MoveReason::NodeLost);
    EXPECT_EQ(plan.front().readable, 0u);  // on n3 and n4
    bool drains = false;
    std::uint32_t before = 0;
    for (const PlannedMove& planned : plan) {
        if (planned.reason == MoveReason::NodeDrains) drains = true;
        if (planned.reason != MoveReason::NodeLost) continue;
        EXPECT_FALSE(drains);
        EXPECT_GE(planned.readable, before);
        before = planned.readable;
    }
    EXPECT_TRUE(drains);
}

TEST(Plan, LimitsHoldPerNodeAndEmptyShardsAreFree) {
    TopologyPtr t = cluster_of(3, 1);
    t = up(with_node(*t, spec_of(3)).value(), "n3");
    t = up(with_node(*t, spec_of(4)).value(), "n4");
    std::vector<std::uint64_t> documents(64, 100);
    const auto plan = plan_moves(*t, documents);
    const auto first = next_moves(*t, plan, {}, {.per_node = 3, .small_per_node = 3});
    std::map<NodeIndex, int> given;
    std::map<NodeIndex, int> taken;
    std::size_t empty = 0;
    std::vector<Move> running;
    for (const PlannedMove& planned : first) {
        running.push_back(planned.move);
        if (planned.documents == 0) ++empty;
        else ++given[*planned.move.from], ++taken[*planned.move.to];
    }
    for (const auto& [node, count] : given) EXPECT_LE(count, 3);
    for (const auto& [node, count] : taken) EXPECT_LE(count, 3);
    EXPECT_EQ(taken[3] + taken[4], 6);
    EXPECT_EQ(empty, static_cast<std::size_t>(std::ranges::count(plan, 0u, &PlannedMove::documents)));
    EXPECT_TRUE(next_moves(*t, plan, running, {.per_node = 3, .small_per_node = 3}).empty());
    const auto small = next_moves(*t, plan, {}, {.per_node = 3, .small_per_node = 8, .small_documents = 500});
    EXPECT_EQ(std::ranges::count_if(small, [](const PlannedMove& p) { return p.documents > 0 && p.move.to == 3; }), 5);
    // A target that is away begins nothing.
    EXPECT_TRUE(next_moves(*event(event(t, "n3", NodeEvent::Failed), "n4", NodeEvent::Failed), plan, {}, {}).empty());
}

TEST(Plan, ExplainsWhoSitsWhere) {
    TopologyPtr t = cluster_of(3, 1);
    t = up(with_node(*t, spec_of(3)).value(), "n3");
    const auto plan = plan_moves(*t);
    const auto seats = explain_seats(*t, plan.front().move.shard, {0});
    ASSERT_EQ(seats.size(), 4u);
    EXPECT_EQ(seats[0].node, 3);
    EXPECT_TRUE(seats[0].wanted);
    EXPECT_FALSE(seats[0].role.has_value());
    const auto holder = std::ranges::find(seats, *plan.front().move.from, &ShardSeat::node);
    ASSERT_NE(holder, seats.end());
    EXPECT_EQ(holder->role, ReplicaRole::Serving);
    EXPECT_FALSE(holder->wanted);
}

std::string refusal(const Result<void>& judged) { return judged ? "" : judged.error().message; }

TEST(Plan, RefusesWhatWouldLoseShards) {
    const TopologyPtr t = cluster_of(2, 2);
    EXPECT_NE(refusal(judge_drain(*t, {"n0"})).find("add a node to the group first"), std::string::npos);
    EXPECT_NE(refusal(judge_drain(*t, {"n7"})).find("there is no node"), std::string::npos);
    EXPECT_NE(refusal(judge_removal(*t, {"n0"}, false)).find("still owns 256 shards; drain it first"),
              std::string::npos);
    EXPECT_NE(refusal(judge_removal(*t, {"n0"}, true)).find("answers, so it is not lost"), std::string::npos);
    const TopologyPtr down = event(t, "n0", NodeEvent::Failed);
    EXPECT_EQ(refusal(judge_removal(*down, {"n0"}, true)), "");
    const TopologyPtr gone = event(down, "n0", NodeEvent::Discard);
    EXPECT_NE(refusal(judge_removal(*gone, {"n0"}, false)).find("wait for the rebalance"), std::string::npos);
}

TEST(Plan, AMoveGivenUpLeavesTheOldOwner) {
    TopologyPtr t = cluster_of(3, 1);
    t = up(with_node(*t, spec_of(3)).value(), "n3");
    const Move move = plan_moves(*t).front().move;
    t = with_move_begun(*t, move).value();
    t = with_move_undone(*t, move).value();
    EXPECT_FALSE(with_move_undone(*t, move).has_value());
    const auto cell = t->replicas_of(move.shard);
    ASSERT_EQ(cell.size(), 2u);
    EXPECT_EQ(cell[0].node, *move.from);
    EXPECT_EQ(cell[0].role, ReplicaRole::Serving);
    EXPECT_EQ(cell[1].role, ReplicaRole::Leaving);
    t = with_replica_dropped(*t, move.shard, move.group, *move.to).value();
    EXPECT_EQ(plan_moves(*t).size(), plan_moves(*up(with_node(*cluster_of(3, 1), spec_of(3)).value(), "n3")).size());
}

TEST(GroupRemoval, NeverTheLastCopyThatCanBeRead) {
    const auto all = [](const NodeId&, ShardId) { return true; };
    const auto used = [](ShardId) { return true; };
    const auto why = [&](const TopologyPtr& t, std::uint32_t group, const auto& keeps, const auto& in_use) {
        const Result<void> judged = judge_group_removal(*t, GroupId{group}, keeps, in_use);
        return judged ? std::string() : judged.error().message;
    };
    const TopologyPtr two = cluster_of(4, 1, 2);
    EXPECT_EQ(why(two, 0, all, used), "");
    EXPECT_NE(why(two, 7, all, used).find("there is no group 7"), std::string::npos);
    EXPECT_NE(why(cluster_of(2, 1), 0, all, used).find("the only one"), std::string::npos);

    // A node of the other group is away, or is behind: group 0 has the last copy of what it held.
    const TopologyPtr away = event(two, "n1", NodeEvent::Failed);
    EXPECT_NE(why(away, 0, all, used).find("the last copy that can be read of"), std::string::npos);
    EXPECT_EQ(why(away, 1, all, used), "") << "the group that lacks a node may leave";
    const auto behind = [](const NodeId& node, ShardId) { return node.value != "n3"; };
    EXPECT_NE(why(two, 0, behind, used), "");
    EXPECT_EQ(why(two, 0, behind, [](ShardId) { return false; }), "") << "nobody has written anything";
}

}  // namespace
}  // namespace miroir::cluster
