#include "cluster/cover.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace miroir::cluster {
namespace {

TopologyPtr cluster_of(std::uint32_t nodes, std::uint32_t groups, std::uint32_t replicas) {
    TopologySpec spec{.nodes = {}, .shards = 64, .replicas = replicas};
    for (std::uint32_t i = 0; i < nodes; ++i) {
        const std::string name = "n" + std::to_string(i);
        spec.nodes.push_back({.id = {name}, .address = "http://" + name, .group = {i % groups}, .zone = {}});
    }
    TopologyPtr t = make_topology(spec).value();
    for (const NodeSpec& node : spec.nodes) {
        t = with_node_event(*t, node.id, NodeEvent::Answered).value();
        t = with_node_event(*t, node.id, NodeEvent::Vouched).value();
    }
    return t;
}

TopologyPtr without(const TopologyPtr& t, std::uint32_t node) {
    return with_node_event(*t, t->nodes()[node].id, NodeEvent::Failed).value();
}

// Each shard once, and only by a node that serves it.
void expect_exact(const Topology& t, const Cover& c, std::uint32_t shards) {
    std::map<std::uint32_t, int> times;
    for (const CoverPart& part : c.parts) {
        EXPECT_TRUE(std::ranges::is_sorted(part.shards));
        for (const ShardId shard : part.shards) {
            ++times[shard.value];
            const auto cell = t.replicas_of(shard);
            EXPECT_NE(std::ranges::find(cell, Replica{.node = part.node}), cell.end());
        }
    }
    for (std::uint32_t s = 0; s < shards; ++s) EXPECT_EQ(times[s], 1) << s;
    EXPECT_EQ(times.size(), shards);
}

TEST(Cover, EachShardOnceWhateverTheShape) {
    for (const auto [nodes, groups, replicas] :
         {std::tuple{1u, 1u, 1u}, {3u, 1u, 1u}, {3u, 1u, 2u}, {8u, 2u, 2u}, {9u, 3u, 3u}}) {
        const TopologyPtr t = cluster_of(nodes, groups, replicas);
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            for (const std::uint32_t shards : {1u, 16u, 64u, 200u}) {
                expect_exact(*t, cover(*t, {.seed = seed, .shards = shards}).value(), shards);
            }
        }
    }
}

TEST(Cover, OneGroupAnswersWhileItCan) {
    const TopologyPtr t = cluster_of(8, 2, 2);
    for (const CoverPart& part : cover(*t, {.group = GroupId{1}})->parts) EXPECT_EQ(t->node(part.node).group.value, 1u);
    // Two of four nodes of group 1 gone: what both held comes from group 0, the rest stays.
    const TopologyPtr hurt = without(without(t, 1), 3);
    const Cover c = cover(*hurt, {.group = GroupId{1}}).value();
    expect_exact(*hurt, c, 64);
    std::set<std::uint32_t> groups;
    for (const CoverPart& part : c.parts) groups.insert(hurt->node(part.node).group.value);
    EXPECT_EQ(groups, (std::set<std::uint32_t>{0, 1}));
}

TEST(Cover, SameSeedSameReplicasAndSeedsSpread) {
    const TopologyPtr t = cluster_of(3, 1, 2);
    std::map<NodeIndex, std::size_t> load;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        const Cover c = cover(*t, {.seed = seed}).value();
        EXPECT_EQ(c, cover(*t, {.seed = seed}).value());
        for (const CoverPart& part : c.parts) load[part.node] += part.shards.size();
    }
    double total = 0;
    for (const auto& [node, shards] : load) total += static_cast<double>(shards);
    EXPECT_EQ(total, 300 * 64);
    for (std::uint32_t n = 0; n < 3; ++n) {  // half of what the node holds
        EXPECT_NEAR(static_cast<double>(load[static_cast<NodeIndex>(n)]),
                    300 * t->placement().held_by(static_cast<NodeIndex>(n), 64) / 2.0, 500);
    }
}

TEST(Cover, CheaperAndFresherReplicasAreTaken) {
    const TopologyPtr pair = cluster_of(2, 1, 2);
    const auto one_is_cheap = [](NodeIndex node) { return node == 1 ? 0.5 : 1.0; };
    const Cover cheap = cover(*pair, {.cost = one_is_cheap}).value();
    ASSERT_EQ(cheap.parts.size(), 1u);
    EXPECT_EQ(cheap.parts[0].node, 1);
    EXPECT_TRUE(cheap.parts[0].whole);
    EXPECT_EQ(*cover(*pair, {.cost = one_is_cheap, .stick = 3}), *cover(*pair, {}))
        << "a little dearer changes nothing";
    const TopologyPtr t = cluster_of(3, 1, 3);
    const Cover spread = cover(*t, {.cost = one_is_cheap}).value();
    EXPECT_GT(spread.parts.size(), 1u) << "not everybody goes to the cheapest";
    for (const CoverPart& part : cover(*t, {.cost = [](NodeIndex node) { return node == 1 ? 100.0 : 1.0; }})->parts)
        EXPECT_NE(part.node, 1) << "one of any two is not the slow one";
    const auto fresh = [](NodeIndex node, ShardId shard) { return node != 1 || shard.value % 2 == 0; };
    for (const CoverPart& part : cover(*t, {.fresh = fresh})->parts) {
        if (part.node != 1) continue;
        for (const ShardId shard : part.shards) EXPECT_EQ(shard.value % 2, 0u);
    }
    for (const CoverPart& part : cover(*t, {.avoid = {0, 1}})->parts) EXPECT_EQ(part.node, 2);
}

TEST(Cover, SaysWhichShardsAreMissing) {
    const TopologyPtr t = without(cluster_of(3, 1, 1), 2);
    const auto refused = cover(*t, {});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::MiroirShardUnavailable);
    const Cover part = cover(*t, {.allow_missing = true}).value();
    EXPECT_EQ(part.missing.size(), t->placement().held_by(2, 64));
    EXPECT_EQ(part.missing, coverage(*t).uncovered);
    EXPECT_EQ(coverage(*t).covered, 64 - part.missing.size());
}

TEST(Cover, OfOneShardIsThatOfAllCutDown) {
    for (const auto [nodes, groups, replicas] : {std::tuple{3u, 1u, 1u}, {8u, 2u, 2u}, {9u, 3u, 3u}}) {
        const TopologyPtr t = without(cluster_of(nodes, groups, replicas), 0);
        for (std::uint32_t s = 0; s < 64; ++s) {
            const Cover one = cover(*t, {.seed = s, .only = ShardId{s}, .allow_missing = true}).value();
            const Cover all = cover(*t, {.seed = s, .allow_missing = true}).value();
            const auto holder = std::ranges::find_if(
                all.parts, [s](const CoverPart& part) { return std::ranges::binary_search(part.shards, ShardId{s}); });
            ASSERT_EQ(one.parts.empty(), holder == all.parts.end());
            EXPECT_EQ(one.missing.size(), one.parts.empty() ? 1u : 0u);
            if (one.parts.empty()) continue;
            EXPECT_EQ(one.parts.front().node, holder->node);
            EXPECT_EQ(one.parts.front().shards, std::vector<ShardId>{ShardId{s}});
        }
    }
    const TopologyPtr single = without(cluster_of(3, 1, 1), 2);
    const ShardId lost = coverage(*single).uncovered.front();
    EXPECT_EQ(cover(*single, {.only = lost}).error().code, ErrorCode::MiroirShardUnavailable);
}

TEST(Cover, TheFilterMayBeLeftOutOnlyWhenTheNodeHoldsNothingElse) {
    const TopologyPtr single = cluster_of(3, 1, 1);
    for (const CoverPart& part : cover(*single, {})->parts) EXPECT_TRUE(part.whole);
    const TopologyPtr twice = cluster_of(3, 1, 2);
    for (const CoverPart& part : cover(*twice, {})->parts) EXPECT_FALSE(part.whole);
    // A copy that was cut over still lies on the old node until it is dropped.
    TopologyPtr moved = with_node(*single, {.id = {"n3"}, .address = "http://n3", .group = {0}, .zone = {}}).value();
    moved = with_node_event(*moved, NodeId{"n3"}, NodeEvent::Answered).value();
    moved = with_node_event(*moved, NodeId{"n3"}, NodeEvent::Vouched).value();
    const Move move = moves_towards(*moved, ideal_placement(*moved)).front();
    ASSERT_LT(move.shard.value, 64u);
    moved = with_move_cut_over(*with_move_begun(*moved, move).value(), move).value();
    for (const CoverPart& part : cover(*moved, {})->parts) EXPECT_EQ(part.whole, part.node != *move.from);
}

TEST(Coverage, DegradedWhileACopyIsAway) {
    const TopologyPtr t = cluster_of(3, 1, 2);
    EXPECT_TRUE(coverage(*t).degraded.empty());
    const Coverage hurt = coverage(*without(t, 0));
    EXPECT_TRUE(hurt.complete());
    EXPECT_EQ(hurt.covered, 64u);
    EXPECT_EQ(hurt.degraded.size(), t->placement().held_by(0, 64));
    EXPECT_FALSE(coverage(*without(without(t, 0), 1)).complete());
}

}  // namespace
}  // namespace miroir::cluster
