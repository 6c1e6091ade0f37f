#include "cluster/placement.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

namespace miroir::cluster {
namespace {

struct Town {
    std::vector<std::string> names;
    std::vector<std::string> zones;
    std::vector<std::uint32_t> weights;

    void add(std::string name, std::string zone = {}, std::uint32_t weight = 100) {
        names.push_back(std::move(name));
        zones.push_back(std::move(zone));
        weights.push_back(weight);
    }
    std::vector<Candidate> candidates() const {
        std::vector<Candidate> out;
        for (std::size_t i = 0; i < names.size(); ++i) {
            out.push_back(
                {.node = static_cast<NodeIndex>(i), .name = names[i], .zone = zones[i], .weight = weights[i]});
        }
        return out;
    }
    std::set<std::string> owners(std::uint32_t shard, std::uint32_t replicas) const {
        std::set<std::string> out;
        for (const NodeIndex node : best_nodes(ShardId{shard}, candidates(), replicas)) out.insert(names[node]);
        return out;
    }
};

Town town_of(std::size_t nodes, std::size_t zones = 0) {
    Town town;
    for (std::size_t i = 0; i < nodes; ++i)
        town.add("node-" + std::to_string(i), zones ? "z" + std::to_string(i % zones) : "");
    return town;
}

TEST(Placement, ShardOfIsXxh64OfTheText) {
    // Reference values of XXH64 with seed 0: of "" EF46DB3751D8E999, of "a" D24EC4F1A98C6E5B, of "abc"
    // 44BC2CF5AD770999.
    EXPECT_EQ(shard_of("", 4096).value, 0xEF46DB3751D8E999ULL % 4096);
    EXPECT_EQ(shard_of("a", 64).value, 0xD24EC4F1A98C6E5BULL % 64);
    EXPECT_EQ(shard_of("abc", 1000).value, 0x44BC2CF5AD770999ULL % 1000);
}

TEST(Placement, FixedFixtures) {
    // Never to change: stored data lies where these say.
    EXPECT_EQ(shard_of("user:123", 64).value, 51u);
    const Town town = town_of(5);
    std::string first;
    for (std::uint32_t s = 0; s < 16; ++s) {
        for (const NodeIndex node : best_nodes(ShardId{s}, town.candidates(), 2)) first += std::to_string(node);
        first += ' ';
    }
    EXPECT_EQ(first, "40 34 13 41 34 21 30 21 43 14 42 10 42 40 30 01 ");
    Town heavy = town_of(5);
    heavy.weights = {100, 200, 50, 400, 100};
    std::string weighted;
    for (std::uint32_t s = 0; s < 16; ++s) {
        for (const NodeIndex node : best_nodes(ShardId{s}, heavy.candidates(), 2)) weighted += std::to_string(node);
        weighted += ' ';
    }
    EXPECT_EQ(weighted, "40 31 31 41 31 31 30 12 34 14 41 10 43 31 31 13 ");
}

TEST(Placement, ReplicasAreDistinctAndAsManyAsAsked) {
    for (std::size_t nodes = 1; nodes <= 12; ++nodes) {
        const Town town = town_of(nodes, 3);
        for (std::uint32_t r = 1; r <= 4; ++r) {
            for (std::uint32_t s = 0; s < 64; ++s) {
                EXPECT_EQ(town.owners(s, r).size(), std::min<std::size_t>(r, nodes));
            }
        }
    }
}

TEST(Placement, OrderOfNamingDoesNotMatter) {
    Town forward;
    Town backward;
    for (int i = 0; i < 9; ++i) forward.add("n" + std::to_string(i), "z" + std::to_string(i % 4), 100 + 10 * i);
    for (int i = 8; i >= 0; --i) backward.add("n" + std::to_string(i), "z" + std::to_string(i % 4), 100 + 10 * i);
    for (std::uint32_t s = 0; s < 512; ++s) EXPECT_EQ(forward.owners(s, 3), backward.owners(s, 3));
}

// What one node more changes: the new owners are the old ones, some of them replaced by the newcomer.
struct Movement {
    std::uint32_t gained = 0;
    bool between_old = false;
};
Movement movement(const Town& before, const Town& after, const std::string& newcomer, std::uint32_t shards,
                  std::uint32_t replicas) {
    Movement out;
    for (std::uint32_t s = 0; s < shards; ++s) {
        const auto was = before.owners(s, replicas);
        for (const std::string& owner : after.owners(s, replicas)) {
            if (owner == newcomer) ++out.gained;
            else if (!was.contains(owner)) out.between_old = true;
        }
    }
    return out;
}

class Movements : public testing::TestWithParam<std::tuple<std::size_t, std::uint32_t, std::size_t, bool>> {};

TEST_P(Movements, ANodeMoreTakesItsPartAndNothingMovesBetweenOldOnes) {
    const auto [nodes, replicas, zones, weighted] = GetParam();
    constexpr std::uint32_t kShards = 4096;
    Town before = town_of(nodes, zones);
    if (weighted)
        for (std::size_t i = 0; i < nodes; ++i) before.weights[i] = 50 + 37 * static_cast<std::uint32_t>(i % 5);
    Town after = before;
    after.add("newcomer", zones ? "z" + std::to_string(nodes % zones) : "");
    const Movement moved = movement(before, after, "newcomer", kShards, replicas);
    EXPECT_FALSE(moved.between_old);
    if (weighted || zones != 0) return;  // the share is then another
    const double expected = static_cast<double>(kShards) * replicas / static_cast<double>(nodes + 1);
    EXPECT_NEAR(moved.gained, expected, 5 * std::sqrt(expected));
}

TEST_P(Movements, ANodeLessMovesOnlyWhatItHeld) {
    const auto [nodes, replicas, zones, weighted] = GetParam();
    Town after = town_of(nodes, zones);
    if (weighted)
        for (std::size_t i = 0; i < nodes; ++i) after.weights[i] = 50 + 37 * static_cast<std::uint32_t>(i % 5);
    Town before = after;
    before.add("leaver", zones ? "z" + std::to_string(nodes % zones) : "");
    for (std::uint32_t s = 0; s < 1024; ++s) {
        const auto was = before.owners(s, replicas);
        const auto is = after.owners(s, replicas);
        if (!was.contains("leaver")) EXPECT_EQ(was, is) << "shard " << s;
        for (const std::string& owner : was) EXPECT_TRUE(owner == "leaver" || is.contains(owner)) << "shard " << s;
    }
}

INSTANTIATE_TEST_SUITE_P(Sizes, Movements,
                         testing::Combine(testing::Values(2, 3, 5, 8, 20), testing::Values(1u, 2u, 3u),
                                          testing::Values(0, 2, 3), testing::Bool()));

TEST(Placement, ShardsFollowWeights) {
    Town town;
    const std::vector<std::uint32_t> weights = {100, 200, 400, 50, 250};
    for (std::size_t i = 0; i < weights.size(); ++i) town.add("w" + std::to_string(i), "", weights[i]);
    std::map<std::string, double> held;
    constexpr double kShards = 20000;
    for (std::uint32_t s = 0; s < kShards; ++s) held[*town.owners(s, 1).begin()] += 1;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const double expected = kShards * weights[i] / 1000.0;
        EXPECT_NEAR(held[town.names[i]], expected, 5 * std::sqrt(expected)) << i;
    }
}

TEST(Placement, EqualWeightsGiveTheHighestHashWhateverTheWeight) {
    Town light = town_of(7);
    Town heavy = town_of(7);
    heavy.weights.assign(7, 10000);
    for (std::uint32_t s = 0; s < 256; ++s) {
        EXPECT_EQ(best_nodes(ShardId{s}, light.candidates(), 7), best_nodes(ShardId{s}, heavy.candidates(), 7));
    }
}

TEST(Placement, ReplicasAvoidOneZoneWhenTheyCan) {
    const Town town = town_of(9, 3);
    Town one_zone = town_of(4, 1);
    one_zone.add("far", "elsewhere");
    for (std::uint32_t s = 0; s < 512; ++s) {
        std::set<std::string> zones;
        for (const NodeIndex node : best_nodes(ShardId{s}, town.candidates(), 3)) zones.insert(town.zones[node]);
        EXPECT_EQ(zones.size(), 3u);
        EXPECT_TRUE(one_zone.owners(s, 2).contains("far"));
        EXPECT_EQ(one_zone.owners(s, 3).size(), 3u);  // it cannot be avoided: R comes first
    }
}

TEST(Placement, EditorKeepsWhatItDoesNotTouch) {
    PlacementEditor editor(Placement(8, 2));
    for (std::uint32_t s = 0; s < 8; ++s) {
        editor.at(ShardId{s}, GroupId{0}).push_back({.node = 0});
        editor.at(ShardId{s}, GroupId{0}).push_back({.node = 2, .role = ReplicaRole::Incoming});
        editor.at(ShardId{s}, GroupId{1}).push_back({.node = 1});
    }
    const Placement first = editor.finish();
    EXPECT_EQ(PlacementEditor(first).finish(), first);
    EXPECT_EQ(first.replicas(ShardId{7}).size(), 3u);
    EXPECT_EQ(first.replicas(ShardId{3}, GroupId{1}).front().node, 1);
    EXPECT_EQ(first.held_by(2, 4), 4u);

    PlacementEditor next(first);
    next.forget(1);
    next.set_groups(1);
    const Placement less = next.finish();
    EXPECT_EQ(less.replicas(ShardId{5}).size(), 2u);
    EXPECT_EQ(less.replicas(ShardId{5})[1], (Replica{.node = 1, .role = ReplicaRole::Incoming}));
}

}  // namespace
}  // namespace miroir::cluster
