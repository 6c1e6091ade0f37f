#include "quorum/ack_rule.h"

#include <gtest/gtest.h>

namespace miroir::quorum {
namespace {

cluster::TopologyPtr three_nodes() {
    cluster::TopologySpec spec{.nodes = {}, .shards = 4, .replicas = 1};
    for (const char* name : {"a", "b", "c"})
        spec.nodes.push_back({.id = {name}, .address = std::string("http://") + name + ":1", .group = {0}, .zone = {}});
    return cluster::make_topology(spec).value();
}

// One request a node, each for the same shard.
WriteOrder order_to(const cluster::TopologyPtr& topology, ShardId shard, std::vector<cluster::NodeIndex> nodes) {
    WriteOrder order;
    order.topology = topology;
    order.shards = {shard};
    for (const cluster::NodeIndex node : nodes) order.requests.push_back({.node = node, .shards = {shard}});
    return order;
}

TEST(AckRule, ACopyThatIsBeingFilledDoesNotCount) {
    const cluster::TopologyPtr before = three_nodes();
    const ShardId shard{2};
    const cluster::NodeIndex owner = before->replicas_of(shard).front().node;
    const auto filled = static_cast<cluster::NodeIndex>((owner + 1) % 3);
    const cluster::Move move{.shard = shard, .group = {0}, .from = owner, .to = filled};
    const cluster::TopologyPtr moving = with_move_begun(*before, move).value();
    const WriteOrder order = order_to(moving, shard, {owner, filled});
    const AckRule all{.kind = AckRule::Kind::All};
    const AckRule half{.kind = AckRule::Kind::Half};
    const std::vector<std::uint8_t> by_owner = {1, 0};
    const std::vector<std::uint8_t> by_newcomer = {0, 1};
    EXPECT_TRUE(count_acks(order, by_owner, all).short_of.empty()) << "the newcomer holds up no write";
    EXPECT_TRUE(count_acks(order, by_owner, all).degraded.empty());
    EXPECT_EQ(count_acks(order, by_newcomer, half).short_of, std::vector<ShardId>{shard})
        << "it may be given up, and the write with it";
}

}  // namespace
}  // namespace miroir::quorum
