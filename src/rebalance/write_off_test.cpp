#include "rebalance/write_off.h"

#include <gtest/gtest.h>

#include <set>

namespace miroir::rebalance {
namespace {

using namespace std::chrono_literals;
using cluster::NodeEvent;
using cluster::TopologyPtr;

TopologyPtr cluster_of(std::uint32_t nodes, std::uint32_t replicas, const std::set<std::string>& down) {
    cluster::TopologySpec spec{.nodes = {}, .shards = 16, .replicas = replicas};
    for (std::uint32_t i = 0; i < nodes; ++i) {
        const std::string name = "n" + std::to_string(i);
        spec.nodes.push_back({.id = {name}, .address = "http://" + name + ":7700", .group = {0}, .zone = {}});
    }
    TopologyPtr out = make_topology(spec).value();
    for (const cluster::Node& node : std::vector<cluster::Node>(out->nodes())) {
        if (down.contains(node.id.value)) {
            out = with_node_event(*out, node.id, NodeEvent::Failed).value();
            continue;
        }
        out = with_node_event(*out, node.id, NodeEvent::Answered).value();
        out = with_node_event(*out, node.id, NodeEvent::Vouched).value();
    }
    return out;
}

AbsenceRule rule_of(std::chrono::nanoseconds after) {
    return {.after = after,
            .in_step = [](const NodeId&, ShardId) { return true; },
            .in_use = [](ShardId shard) { return shard.value < 16; }};
}

AbsenceVerdict judge(const TopologyPtr& topology, const AbsenceRule& rule, std::chrono::nanoseconds away = 1h) {
    return judge_absences(*topology, {{.node = {"n1"}, .away = away}}, rule).at(0);
}

TEST(WriteOff, AfterTheDelayWhereOthersHaveEverything) {
    const TopologyPtr topology = cluster_of(4, 2, {"n1"});
    const AbsenceVerdict late = judge(topology, rule_of(30min));
    EXPECT_TRUE(late.write_off) << late.kept_because;
    EXPECT_TRUE(late.only_copies.empty());
    const AbsenceVerdict early = judge(topology, rule_of(30min), 10min);
    EXPECT_FALSE(early.write_off);
    EXPECT_EQ(early.kept_because, "");
    EXPECT_EQ(early.rest, 20min);
    EXPECT_NE(judge(topology, rule_of(0s)).kept_because.find("write_off_after_s"), std::string::npos);
}

TEST(WriteOff, NeverWithTheOnlyCopy) {
    const AbsenceVerdict alone = judge(cluster_of(4, 1, {"n1"}), rule_of(30min));
    EXPECT_FALSE(alone.write_off);
    EXPECT_FALSE(alone.only_copies.empty());
    EXPECT_NE(alone.kept_because.find("--lost"), std::string::npos) << alone.kept_because;

    // A copy that missed writes is none; where nobody has written, nothing is lost.
    AbsenceRule rule = rule_of(30min);
    rule.in_step = [](const NodeId& node, ShardId) { return node.value != "n2"; };
    EXPECT_FALSE(judge(cluster_of(4, 2, {"n1"}), rule).write_off);
    rule.in_use = [](ShardId) { return false; };
    EXPECT_TRUE(judge(cluster_of(4, 2, {"n1"}), rule).write_off);
}

TEST(WriteOff, NotWhereNobodyCouldTakeItsPlace) {
    const AbsenceVerdict pair = judge(cluster_of(2, 2, {"n1"}), rule_of(30min));
    EXPECT_FALSE(pair.write_off);
    EXPECT_NE(pair.kept_because.find("add one"), std::string::npos) << pair.kept_because;
}

TEST(WriteOff, NotWhileHalfOfTheNodesAreAway) {
    AbsenceRule rule = rule_of(30min);
    rule.in_use = [](ShardId) { return false; };
    const AbsenceVerdict cut = judge(cluster_of(4, 2, {"n1", "n2"}), rule);
    EXPECT_FALSE(cut.write_off);
    EXPECT_NE(cut.kept_because.find("cut off"), std::string::npos) << cut.kept_because;
}

}  // namespace
}  // namespace miroir::rebalance
