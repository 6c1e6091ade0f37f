#include "cluster/topology.h"

#include <gtest/gtest.h>

#include "cluster/cover.h"
#include "cluster/snapshot.h"

namespace miroir::cluster {
namespace {

TopologySpec spec_of(std::uint32_t nodes, std::uint32_t groups, std::uint32_t replicas, std::uint32_t shards = 64) {
    TopologySpec spec{.nodes = {}, .shards = shards, .replicas = replicas};
    for (std::uint32_t i = 0; i < nodes; ++i) {
        const std::string name = "n" + std::to_string(i);
        spec.nodes.push_back({.id = {name}, .address = "http://" + name + ":7700", .group = {i % groups}, .zone = {}});
    }
    return spec;
}

TopologyPtr apply(const TopologyPtr& from, const std::string& node, std::initializer_list<NodeEvent> events) {
    TopologyPtr out = from;
    for (const NodeEvent event : events) {
        auto next = with_node_event(*out, NodeId{node}, event);
        EXPECT_TRUE(next.has_value()) << (next ? "" : next.error().message);
        if (!next) return out;
        EXPECT_GT((*next)->version(), out->version());
        out = *next;
    }
    return out;
}

TopologyPtr all_up(std::uint32_t nodes, std::uint32_t groups, std::uint32_t replicas, std::uint32_t shards = 64) {
    TopologyPtr out = make_topology(spec_of(nodes, groups, replicas, shards)).value();
    for (const Node& node : std::vector<Node>(out->nodes()))
        out = apply(out, node.id.value, {NodeEvent::Answered, NodeEvent::Vouched});
    return out;
}

TEST(Topology, EveryShardHasRReplicasInEachGroup) {
    const TopologyPtr t = make_topology(spec_of(9, 3, 2)).value();
    ASSERT_EQ(t->groups(), 3u);
    for (std::uint32_t s = 0; s < kPlacedShards; ++s) {
        for (std::uint32_t g = 0; g < 3; ++g) {
            const auto cell = t->replicas_of(ShardId{s}, GroupId{g});
            ASSERT_EQ(cell.size(), 2u);
            EXPECT_NE(cell[0].node, cell[1].node);
            for (const Replica& r : cell) EXPECT_EQ(t->node(r.node).group.value, g);
        }
    }
}

TEST(Topology, PlacementDoesNotDependOnAddresses) {
    TopologySpec moved = spec_of(5, 1, 2);
    for (NodeSpec& node : moved.nodes) node.address = "http://10.0.0." + node.id.value + ":1";
    EXPECT_EQ(make_topology(moved).value()->placement(), make_topology(spec_of(5, 1, 2)).value()->placement());
}

TEST(Topology, RefusesWhatCannotBe) {
    const auto refused = [](const TopologySpec& spec) {
        const auto made = make_topology(spec);
        return made ? std::string() : made.error().message;
    };
    TopologySpec twice = spec_of(3, 1, 1);
    twice.nodes[2].id = twice.nodes[0].id;
    EXPECT_NE(refused(twice).find("two nodes are called `n0`"), std::string::npos);
    TopologySpec one_address = spec_of(3, 1, 1);
    one_address.nodes[2].address = one_address.nodes[0].address;
    EXPECT_NE(refused(one_address).find("http://n0:7700"), std::string::npos);
    EXPECT_NE(refused(spec_of(3, 2, 2)).find("group 1 has 1 nodes"), std::string::npos);
    TopologySpec gap = spec_of(4, 1, 1);
    gap.nodes[3].group = {2};
    EXPECT_EQ(refused(gap), "") << "group 1 has left";
    EXPECT_NE(refused(spec_of(3, 1, 1, 0)), "");
    EXPECT_NE(refused(spec_of(3, 1, 1, 5000)), "");
    TopologySpec light = spec_of(1, 1, 1);
    light.nodes[0].weight = 0;
    EXPECT_NE(refused(light), "");
}

// Down to the last cell: which event is allowed where, and what it leads to.
TEST(Standing, TheTable) {
    const std::string expected =
        "joining/unknown: failed=joining/down answered=joining/restoring drained=draining/unknown "
        "discarded=removed/unknown\n"
        "joining/up: failed=joining/down filled=active/up drained=draining/up discarded=removed/up\n"
        "joining/restoring: failed=joining/down vouched=joining/up drained=draining/restoring "
        "discarded=removed/restoring\n"
        "joining/down: answered=joining/restoring drained=draining/down discarded=removed/down\n"
        "active/unknown: failed=active/down answered=active/restoring drained=draining/unknown "
        "discarded=removed/unknown\n"
        "active/up: failed=active/down drained=draining/up\n"
        "active/restoring: failed=active/down vouched=active/up drained=draining/restoring\n"
        "active/down: answered=active/restoring drained=draining/down discarded=removed/down\n"
        "draining/unknown: failed=draining/down answered=draining/restoring undrained=active/unknown "
        "emptied=removed/unknown "
        "discarded=removed/unknown\n"
        "draining/up: failed=draining/down undrained=active/up emptied=removed/up\n"
        "draining/restoring: failed=draining/down vouched=draining/up undrained=active/restoring "
        "emptied=removed/restoring\n"
        "draining/down: answered=draining/restoring undrained=active/down emptied=removed/down "
        "discarded=removed/down\n";
    std::string table;
    for (const NodeRole role : {NodeRole::Joining, NodeRole::Active, NodeRole::Draining, NodeRole::Removed}) {
        for (const NodeReach reach : {NodeReach::Unknown, NodeReach::Up, NodeReach::Restoring, NodeReach::Down}) {
            std::string row;
            for (int e = 0; e <= static_cast<int>(NodeEvent::Discard); ++e) {
                const auto event = static_cast<NodeEvent>(e);
                if (const auto after = step({.role = role, .reach = reach}, event)) {
                    row += " " + std::string(name_of(event)) + "=" + std::string(name_of(after->role)) + "/" +
                           std::string(name_of(after->reach));
                }
            }
            if (!row.empty())
                table += std::string(name_of(role)) + "/" + std::string(name_of(reach)) + ":" + row + "\n";
        }
    }
    EXPECT_EQ(table, expected);
}

TEST(Standing, WhoIsReadAndWhoIsWritten) {
    EXPECT_TRUE((Standing{.role = NodeRole::Active, .reach = NodeReach::Up}).readable());
    EXPECT_TRUE((Standing{.role = NodeRole::Draining, .reach = NodeReach::Up}).readable());
    EXPECT_FALSE((Standing{.role = NodeRole::Active, .reach = NodeReach::Restoring}).readable());
    EXPECT_TRUE((Standing{.role = NodeRole::Active, .reach = NodeReach::Restoring}).writable());
    EXPECT_FALSE((Standing{.role = NodeRole::Active, .reach = NodeReach::Unknown}).writable());
    EXPECT_FALSE((Standing{.role = NodeRole::Removed, .reach = NodeReach::Up}).writable());
    EXPECT_FALSE((Standing{.role = NodeRole::Removed, .reach = NodeReach::Up}).readable());
}

TEST(Topology, ADrainingNodeThatDiesComesBackDraining) {
    TopologyPtr t = apply(all_up(3, 1, 2), "n1", {NodeEvent::Drain, NodeEvent::Failed});
    EXPECT_EQ(t->node(1).state(), NodeState::Down);
    t = apply(t, "n1", {NodeEvent::Answered, NodeEvent::Vouched});
    EXPECT_EQ(t->node(1).state(), NodeState::Draining);
}

TEST(Topology, ChangesLeaveTheOldSnapshotAlone) {
    const TopologyPtr before = all_up(3, 1, 2);
    const TopologyPtr after = apply(before, "n0", {NodeEvent::Failed});
    EXPECT_EQ(before->node(0).state(), NodeState::Active);
    EXPECT_EQ(after->version(), before->version() + 1);
    EXPECT_EQ(after->placement_version(), before->placement_version());  // health is nobody else's business
    EXPECT_GT(apply(before, "n0", {NodeEvent::Drain})->placement_version(), before->placement_version());
}

TEST(Topology, ANodeInServiceCannotVanish) {
    const TopologyPtr t = apply(all_up(3, 1, 2), "n2", {NodeEvent::Drain});
    const auto gone = with_node_event(*t, NodeId{"n2"}, NodeEvent::Emptied);
    ASSERT_FALSE(gone.has_value());
    EXPECT_EQ(gone.error().http_status(), 409);
    EXPECT_FALSE(without_node(*t, NodeId{"n2"}).has_value());
    EXPECT_FALSE(with_node_event(*t, NodeId{"n9"}, NodeEvent::Drain).has_value());
}

// Carries out every move, checking at each step that no shard is ever without its copies.
TopologyPtr carry_out(TopologyPtr t, const Placement& target) {
    for (const Move& move : moves_towards(*t, target)) {
        const auto step = [&t](Result<TopologyPtr> next) {
            ASSERT_TRUE(next.has_value()) << next.error().message;
            EXPECT_EQ((*next)->version(), t->version() + 1);
            EXPECT_TRUE(coverage(**next, kPlacedShards).complete());
            t = *next;
        };
        if (move.to) step(with_move_begun(*t, move));
        if (move.to && move.from)
            EXPECT_FALSE(with_replica_dropped(*t, move.shard, move.group, *move.from).has_value());
        step(with_move_cut_over(*t, move));
        if (move.from) step(with_replica_dropped(*t, move.shard, move.group, *move.from));
    }
    return t;
}

TEST(Move, AJoiningNodeFillsByMovesUntilThePlacementIsIdeal) {
    TopologyPtr t =
        with_node(*all_up(3, 1, 2), {.id = {"n3"}, .address = "http://n3:7700", .group = {0}, .zone = {}}).value();
    t = apply(t, "n3", {NodeEvent::Answered, NodeEvent::Vouched});
    EXPECT_EQ(t->node(3).state(), NodeState::Joining);
    EXPECT_EQ(t->placement().held_by(3, kPlacedShards), 0u);
    const Placement target = ideal_placement(*t);
    t = apply(carry_out(t, target), "n3", {NodeEvent::Filled});
    EXPECT_EQ(t->placement(), target);
    EXPECT_TRUE(moves_towards(*t, target).empty());
    EXPECT_EQ(t->placement(), make_topology(spec_of(4, 1, 2)).value()->placement());  // as if it had always been there
}

TEST(Move, ADrainingNodeEmptiesAndIsForgotten) {
    TopologyPtr t = apply(all_up(4, 1, 2), "n1", {NodeEvent::Drain});
    t = carry_out(t, ideal_placement(*t));
    t = apply(t, "n1", {NodeEvent::Emptied});
    t = without_node(*t, NodeId{"n1"}).value();
    EXPECT_EQ(t->nodes().size(), 3u);
    EXPECT_EQ(t->placement(), ideal_placement(*t));
    EXPECT_TRUE(coverage(*t).complete());
}

TEST(Move, ALostNodeIsReplacedFromTheOthers) {
    TopologyPtr t = apply(all_up(4, 1, 2), "n2", {NodeEvent::Failed});
    const std::vector<NodeIndex> lost = {2};
    t = carry_out(t, ideal_placement(*t, lost));
    EXPECT_EQ(t->placement().held_by(2, kPlacedShards), 0u);
    EXPECT_TRUE(coverage(*t).degraded.empty());
}

TEST(Move, RunningMovesAreNotPlannedTwice) {
    TopologyPtr t =
        with_node(*all_up(3, 1, 2), {.id = {"n3"}, .address = "http://n3:7700", .group = {0}, .zone = {}}).value();
    t = apply(t, "n3", {NodeEvent::Answered, NodeEvent::Vouched});
    const auto moves = moves_towards(*t, ideal_placement(*t));
    ASSERT_GT(moves.size(), 2u);
    t = with_move_begun(*t, moves[0]).value();
    EXPECT_EQ(moves_towards(*t, ideal_placement(*t)), std::vector<Move>(moves.begin() + 1, moves.end()));
    EXPECT_FALSE(with_move_begun(*t, moves[0]).has_value());
    // Incoming is written but not read, and the old owner goes on reading.
    for (const CoverPart& part : cover(*t, {.shards = kPlacedShards})->parts) EXPECT_NE(part.node, 3);
    // Giving up drops the incoming copy and all is as before.
    t = with_replica_dropped(*t, moves[0].shard, moves[0].group, *moves[0].to).value();
    EXPECT_EQ(moves_towards(*t, ideal_placement(*t)), moves);
}

TEST(Move, NeverLeavesAShardToNobody) {
    const TopologyPtr t = all_up(2, 1, 1);
    const Replica owner = t->replicas_of(ShardId{5})[0];
    EXPECT_FALSE(with_move_cut_over(*t, {.shard = {5}, .group = {0}, .from = owner.node, .to = {}}).has_value());
}

TEST(Topology, ANewGroupOpensEmptyAndClosesAgain) {
    const TopologyPtr t = all_up(2, 1, 1);
    const NodeSpec far{.id = {"far"}, .address = "http://far:1", .group = {2}, .zone = {}};
    EXPECT_FALSE(with_node(*t, far).has_value());
    NodeSpec next = far;
    next.group = {1};
    const TopologyPtr more = with_node(*t, next).value();
    EXPECT_EQ(more->groups(), 2u);
    EXPECT_TRUE(more->replicas_of(ShardId{0}, GroupId{1}).empty());
    EXPECT_TRUE(cover(*more, {.group = GroupId{1}}).has_value());
    const TopologyPtr less = without_node(*apply(more, "far", {NodeEvent::Discard}), NodeId{"far"}).value();
    EXPECT_EQ(less->groups(), 1u);
    EXPECT_EQ(less->placement(), t->placement());
}

TEST(Topology, SurvivesSaving) {
    TopologyPtr t = apply(all_up(4, 2, 2), "n1", {NodeEvent::Drain, NodeEvent::Failed});
    const TopologyPtr back = restore_topology(saved(*t)).value();
    EXPECT_EQ(back->placement(), t->placement());
    EXPECT_EQ(back->placement_version(), t->placement_version());
    EXPECT_EQ(back->node(1).standing, (Standing{.role = NodeRole::Draining, .reach = NodeReach::Unknown}));
    EXPECT_FALSE(back->node(0).readable());  // nobody was asked yet

    SavedTopology torn = saved(*t);
    torn.nodes.pop_back();
    EXPECT_FALSE(restore_topology(torn).has_value());
    torn.roles.pop_back();
    EXPECT_FALSE(restore_topology(torn).has_value());
}

TEST(Topology, ANewAddressMustBeAskedAgain) {
    const TopologyPtr t = all_up(3, 1, 2);
    const TopologyPtr moved = with_node_address(*t, NodeId{"n0"}, "http://10.1.1.1:7700").value();
    EXPECT_FALSE(moved->node(0).writable());
    EXPECT_EQ(moved->placement(), t->placement());
    EXPECT_FALSE(with_node_address(*t, NodeId{"n0"}, "http://n1:7700").has_value());
}

TEST(Snapshot, KnowsTheOldestPlacementThatAnybodyStillReads) {
    SnapshotHolder holder(all_up(3, 1, 2));
    const std::uint64_t first = holder.current()->placement_version();
    TopologyPtr reader = holder.current();
    ASSERT_TRUE(holder.update([](const Topology& t) { return with_node_event(t, NodeId{"n0"}, NodeEvent::Drain); }));
    ASSERT_TRUE(holder.update([](const Topology& t) { return with_node_event(t, NodeId{"n0"}, NodeEvent::Undrain); }));
    EXPECT_EQ(holder.oldest_placement_in_use(), first);
    reader.reset();
    EXPECT_EQ(holder.oldest_placement_in_use(), holder.current()->placement_version());
}

TEST(Snapshot, OneWriterAfterTheOtherAndNoChangeIsNoVersion) {
    SnapshotHolder holder(all_up(3, 1, 2));
    const std::uint64_t before = holder.current()->version();
    const auto same = holder.update([](const Topology&) -> Result<TopologyPtr> { return nullptr; });
    EXPECT_EQ((*same)->version(), before);
    const auto failed =
        holder.update([](const Topology& t) { return with_node_event(t, NodeId{"n0"}, NodeEvent::Vouched); });
    EXPECT_FALSE(failed.has_value());
    EXPECT_EQ(holder.current()->version(), before);
    const auto next =
        holder.update([](const Topology& t) { return with_node_event(t, NodeId{"n0"}, NodeEvent::Failed); });
    EXPECT_EQ(holder.current(), *next);
    EXPECT_EQ(holder.current()->version(), before + 1);
}

TEST(Topology, AGroupThatLeavesTakesItsCopiesWithIt) {
    const TopologyPtr before = all_up(6, 2, 2);
    EXPECT_EQ(before->copies(), 4u);
    const TopologyPtr after = with_group_dropped(*before, GroupId{0}).value();
    EXPECT_FALSE(after->has_group(GroupId{0}));
    EXPECT_TRUE(after->has_group(GroupId{1}));
    EXPECT_EQ(after->copies(), 2u);
    EXPECT_TRUE(after->settled());
    EXPECT_GT(after->placement_version(), before->placement_version());
    EXPECT_TRUE(coverage(*after).complete());
    EXPECT_TRUE(coverage(*after).degraded.empty()) << "nobody misses a group that has left";
    EXPECT_TRUE(moves_towards(*after, ideal_placement(*after)).empty());
    TopologyPtr forgotten = after;
    for (const char* node : {"n0", "n2", "n4"}) forgotten = without_node(*forgotten, NodeId{node}).value();
    EXPECT_EQ(forgotten->groups(), 2u) << "the others keep their number";
    EXPECT_EQ(forgotten->nodes().size(), 3u);
    const TopologyPtr again =
        with_node(*forgotten, {.id = {"n9"}, .address = "http://n9:7700", .group = {0}, .zone = {}}).value();
    EXPECT_TRUE(again->has_group(GroupId{0})) << "the number is free again";
    const TopologyPtr restored = restore_topology(saved(*forgotten)).value();
    EXPECT_EQ(restored->placement(), forgotten->placement());
}

}  // namespace
}  // namespace miroir::cluster
