#include "plan/settings_waves.h"

#include <gtest/gtest.h>

#include <set>

namespace miroir::plan {
namespace {

cluster::TopologyPtr topology_of(std::uint32_t nodes, std::uint32_t replicas, std::uint32_t groups) {
    cluster::TopologySpec spec{.nodes = {}, .shards = 16, .replicas = replicas};
    for (std::uint32_t i = 0; i < nodes; ++i) {
        const std::string name = "n" + std::to_string(i);
        spec.nodes.push_back({.id = {name}, .address = "http://" + name + ":7700", .group = {i % groups}, .zone = {}});
    }
    return cluster::make_topology(spec).value();
}

bool covers(const cluster::Topology& topology, const std::vector<cluster::NodeIndex>& nodes) {
    for (std::uint32_t s = 0; s < 16; ++s) {
        bool held = false;
        for (const cluster::Replica& replica : topology.replicas_of(ShardId{s})) {
            for (const cluster::NodeIndex node : nodes) held = held || node == replica.node;
        }
        if (!held) return false;
    }
    return true;
}

using All = std::vector<std::uint8_t>;

TEST(SettingsWaves, TwoFullCopiesMakeTwoWavesThatEachCover) {
    for (const auto& [nodes, replicas, groups] :
         {std::tuple{2U, 2U, 1U}, {2U, 1U, 2U}, {4U, 1U, 2U}, {3U, 3U, 1U}, {4U, 2U, 2U}, {6U, 1U, 3U}}) {
        const cluster::TopologyPtr topology = topology_of(nodes, replicas, groups);
        const SettingsWaves waves = settings_waves(*topology, 16, All(nodes, 1), Rollout::TwoPhase);
        ASSERT_EQ(waves.waves.size(), 2U) << nodes << " " << replicas << " " << groups;
        EXPECT_TRUE(waves.first_covers);
        EXPECT_TRUE(covers(*topology, waves.waves[0]));
        EXPECT_TRUE(covers(*topology, waves.waves[1]));
        EXPECT_EQ(waves.waves[0].size() + waves.waves[1].size(), nodes);
        EXPECT_GE(waves.waves[0].size(), waves.waves[1].size());  // as many copies as can be take writes meanwhile
    }
}

TEST(SettingsWaves, ASingleCopyIsOneWave) {
    const cluster::TopologyPtr topology = topology_of(3, 1, 1);
    const SettingsWaves waves = settings_waves(*topology, 16, All(3, 1), Rollout::TwoPhase);
    EXPECT_EQ(waves.waves, (std::vector<std::vector<cluster::NodeIndex>>{{0, 1, 2}}));
    EXPECT_FALSE(waves.first_covers);
}

TEST(SettingsWaves, WhereCopiesInterlockTheRestOfTheFirstWaveStillCovers) {
    const cluster::TopologyPtr topology = topology_of(3, 2, 1);  // no node can be spared twice
    const SettingsWaves waves = settings_waves(*topology, 16, All(3, 1), Rollout::TwoPhase);
    ASSERT_EQ(waves.waves.size(), 2U);
    EXPECT_FALSE(waves.first_covers);
    EXPECT_EQ(waves.waves[0].size(), 1U);
    EXPECT_TRUE(covers(*topology, waves.waves[1]));
}

TEST(SettingsWaves, WhoCannotBeAskedIsInNoWave) {
    const cluster::TopologyPtr topology = topology_of(2, 2, 1);
    const SettingsWaves waves = settings_waves(*topology, 16, {0, 1}, Rollout::TwoPhase);
    EXPECT_EQ(waves.waves, (std::vector<std::vector<cluster::NodeIndex>>{{1}}));
    EXPECT_FALSE(waves.first_covers);
    EXPECT_TRUE(settings_waves(*topology, 16, {0, 0}, Rollout::TwoPhase).waves.empty());
}

TEST(SettingsWaves, SequentialIsOneNodeAWave) {
    const cluster::TopologyPtr topology = topology_of(3, 3, 1);
    const SettingsWaves waves = settings_waves(*topology, 16, {1, 0, 1}, Rollout::Sequential);
    EXPECT_EQ(waves.waves, (std::vector<std::vector<cluster::NodeIndex>>{{0}, {2}}));
    EXPECT_FALSE(waves.first_covers);
}

}  // namespace
}  // namespace miroir::plan
