#include "rebalance/room.h"

#include <gtest/gtest.h>

#include <array>

namespace miroir::rebalance {
namespace {

cluster::TopologyPtr two_nodes() {
    cluster::TopologySpec spec{.nodes = {}, .shards = 4, .replicas = 1};
    spec.nodes.push_back({.id = {"a"}, .address = "http://a:1", .group = {0}, .zone = {}});
    spec.nodes.push_back({.id = {"b"}, .address = "http://b:1", .group = {0}, .zone = {}});
    return make_topology(spec).value();
}

RoomFacts facts(std::uint64_t limit) {
    return {.limit = limit,
            .bytes_of = [](ShardId shard) { return shard.value * 1'000'000; },
            .used =
                [](const NodeId& node) {
                    return node.value == "b" ? std::optional<std::uint64_t>(5'000'000) : std::nullopt;
                }};
}

std::array<cluster::PlannedMove, 2> moves_to(cluster::NodeIndex node) {
    return {cluster::PlannedMove{.move = {.shard = {2}, .group = {0}, .from = {}, .to = node}},
            cluster::PlannedMove{.move = {.shard = {3}, .group = {0}, .from = {}, .to = node}}};
}

TEST(Room, AllThatComesToANodeHasToFit) {
    EXPECT_TRUE(judge_room(*two_nodes(), moves_to(1), facts(10'000'000)));
    const Result<void> refused = judge_room(*two_nodes(), moves_to(1), facts(9'999'999));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().status, 409);
    EXPECT_EQ(
        refused.error().message,
        "node `b` has no room: its database has 5 MB, about 5 MB would come, and rebalancer.max_node_bytes allows "
        "10 MB; add a node to its group, or raise the limit");
    EXPECT_TRUE(judge_room(*two_nodes(), moves_to(0), facts(9'999'999))) << "it has said nothing of itself";
    EXPECT_FALSE(judge_room(*two_nodes(), moves_to(0), facts(4'000'000)));
}

TEST(Room, WithoutALimitEverythingFits) { EXPECT_TRUE(judge_room(*two_nodes(), moves_to(1), facts(0))); }

}  // namespace
}  // namespace miroir::rebalance
