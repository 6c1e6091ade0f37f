#include "app/dev_plan.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace miroir::app {
namespace {

TEST(DevPlan, GivesEveryNodeAPortAFolderAndAGroup) {
    DevOptions options{.nodes = 2,
                       .replicas = 2,
                       .groups = 2,
                       .http_addr = "127.0.0.1:9000",
                       .db_path = "d",
                       .engine_binary = "miroir"};
    const auto plan = plan_dev(options);
    ASSERT_TRUE(plan) << plan.error().message;
    ASSERT_EQ(plan->nodes.size(), 4);
    EXPECT_EQ(plan->nodes[3].address, "http://127.0.0.1:9004");
    EXPECT_EQ(plan->config.nodes[1].replica_group, 0);
    EXPECT_EQ(plan->config.nodes[2].replica_group, 1);
    EXPECT_EQ(plan->nodes[0].command[1], "node");
}

TEST(DevPlan, RealEnginesGetBoundedMemoryAndTheReplicationFlag) {
    DevOptions options{.engine = Engine::Meilisearch, .engine_binary = "meilisearch"};
    const auto plan = plan_dev(options);
    ASSERT_TRUE(plan) << plan.error().message;
    const std::vector<std::string>& command = plan->nodes[0].command;
    EXPECT_NE(std::ranges::find(command, "--max-indexing-memory"), command.end());
    EXPECT_NE(std::ranges::find(command, "--experimental-replication-parameters"), command.end());
}

TEST(DevPlan, RefusesWhatDoesNotFit) {
    EXPECT_FALSE(plan_dev({.nodes = 1, .replicas = 2}));
    EXPECT_FALSE(plan_dev({.nodes = 0}));
    EXPECT_FALSE(plan_dev({.http_addr = "7700"}));
    EXPECT_FALSE(plan_dev({.http_addr = "127.0.0.1:65534"}));
}

}  // namespace
}  // namespace miroir::app
