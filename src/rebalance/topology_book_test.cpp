#include "rebalance/topology_book.h"

#include <gtest/gtest.h>

#include "cluster/rebalance_plan.h"
#include "env/real/reactor.h"
#include "rebalance/layout.h"
#include "rebalance/topology_record.h"
#include "tasks/memory_store.h"

namespace miroir::rebalance {
namespace {

struct Shape {
    std::vector<std::string> names = {"a", "b", "c"};
    std::uint32_t replicas = 1;
    std::uint32_t groups = 1;
    std::uint32_t weight_of_first = 100;
    std::uint32_t shards = 16;
    int port = 7701;
};

cluster::TopologyPtr topology(const Shape& shape) {
    cluster::TopologySpec spec{.nodes = {}, .shards = shape.shards, .replicas = shape.replicas};
    for (std::uint32_t i = 0; i < shape.names.size(); ++i) {
        spec.nodes.push_back({.id = {shape.names[i]},
                              .address = "http://127.0.0.1:" + std::to_string(shape.port + static_cast<int>(i)),
                              .group = {i % shape.groups},
                              .zone = {},
                              .weight = i == 0 ? shape.weight_of_first : 100});
    }
    return cluster::make_topology(spec).value();
}

class Book : public testing::Test {
protected:
    Result<cluster::TopologyPtr> open(const Shape& shape) {
        return env::run_task(reactor, open_topology(store, topology(shape)));
    }
    void have_data() {
        tasks::Batch batch;
        batch.put("indexes", "books", "{}");
        ASSERT_TRUE(env::run_task(reactor, store.commit(std::move(batch))));
    }
    std::string refusal(const Shape& shape) {
        const auto opened = open(shape);
        return opened ? "" : opened.error().message;
    }
    // One process that opens, changes and ends.
    Result<cluster::TopologyPtr> change(const Shape& shape, const cluster::SnapshotHolder::Change& what) {
        cluster::SnapshotHolder holder(open(shape).value());
        TopologyBook book(reactor, store, holder);
        return env::run_task(reactor, book.change(what));
    }
    static cluster::NodeSpec another() { return {.id = {"d"}, .address = "http://d:7700", .group = {0}, .zone = {}}; }

    env::Reactor reactor;
    tasks::MemoryStore store;
};

TEST_F(Book, AddressesOrderShardsWeightsAndZonesMayChange) {
    have_data();
    ASSERT_TRUE(open({}));
    EXPECT_EQ(refusal({.port = 9000}), "");
    EXPECT_EQ(open({.port = 9000}).value()->node(0).address, "http://127.0.0.1:9000");
    EXPECT_EQ(refusal({.names = {"c", "a", "b"}, .port = 9000}), "");
    EXPECT_EQ(refusal({.shards = 64}), "");
    const auto placed = open({}).value()->placement();
    const auto heavier = open({.weight_of_first = 1000}).value();
    EXPECT_EQ(heavier->placement(), placed) << "nothing jumps to another node";
    EXPECT_FALSE(cluster::moves_towards(*heavier, cluster::ideal_placement(*heavier)).empty()) << "but it moves there";
}

TEST_F(Book, WhatWouldHideDocumentsIsRefusedAndNamed) {
    have_data();
    ASSERT_TRUE(open({}));
    EXPECT_NE(refusal({.names = {"a", "b"}}).find("nodes a, b, c (now a, b)"), std::string::npos);
    EXPECT_NE(refusal({.names = {"a", "b", "x"}}).find("nodes a, b, c (now a, b, x)"), std::string::npos);
    EXPECT_NE(refusal({.replicas = 2}).find("replication_factor 1 (now 2)"), std::string::npos);
    EXPECT_NE(refusal({.groups = 3}).find("replica_groups 1 (now 3)"), std::string::npos);
    EXPECT_EQ(refusal({}), "") << "a refusal changes nothing";
}

TEST_F(Book, WithoutDataEveryLayoutIsWelcome) {
    ASSERT_TRUE(open({}));
    EXPECT_TRUE(open({.names = {"x"}}));
    have_data();
    EXPECT_EQ(refusal({.names = {"x"}}), "");
}

TEST_F(Book, WhatTheApiChangedStaysAndTheConfigurationMayFollow) {
    have_data();
    ASSERT_TRUE(open({}));
    const auto grown = change({}, [](const auto& t) { return with_node(t, another()); });
    ASSERT_TRUE(grown) << grown.error().message;
    const auto again = open({}).value();
    ASSERT_EQ(again->nodes().size(), 4u);
    EXPECT_EQ(again->node(3).standing.role, cluster::NodeRole::Joining);
    EXPECT_EQ(again->placement(), (*grown)->placement());
    EXPECT_EQ(again->placement_version(), (*grown)->placement_version());
    EXPECT_EQ(refusal({.names = {"a", "b", "c", "d"}}), "");
    EXPECT_EQ(refusal({.names = {"a", "b", "c", "d"}}), "");
    EXPECT_NE(refusal({.names = {"a", "b", "c"}}), "") << "it named d before, and d is there";
    EXPECT_NE(refusal({.names = {"a", "b", "c", "d", "e"}}), "");
}

TEST_F(Book, ExchangedAddressesStayThoughTheConfigurationNamesThoseOfBefore) {
    have_data();
    cluster::SnapshotHolder holder(open({}).value());
    TopologyBook book(reactor, store, holder);
    const cluster::NodeSpec a = holder.current()->node(0);
    const cluster::NodeSpec b = holder.current()->node(1);
    ASSERT_NE(a.address, b.address);
    EXPECT_TRUE(env::run_task(reactor, book.exchange_addresses(a, b)).value());
    EXPECT_FALSE(env::run_task(reactor, book.exchange_addresses(a, b)).value()) << "two have seen the same";
    for (const auto& topology : {holder.current(), open({}).value()}) {
        EXPECT_EQ(topology->node(0).address, b.address);
        EXPECT_EQ(topology->node(1).address, a.address);
        EXPECT_EQ(topology->node(0).standing.reach, cluster::NodeReach::Unknown);
    }
}

TEST_F(Book, AFailedCommitPublishesNothing) {
    have_data();
    cluster::SnapshotHolder holder(open({}).value());
    TopologyBook book(reactor, store, holder);
    const auto fenced = [](const cluster::Topology& t, tasks::Batch& batch) {
        batch.expectations.push_back({.at = {.table = "lease", .key = "x"}, .value = "mine"});
        return with_node(t, another());
    };
    const auto changed = env::run_task(reactor, book.change_recorded(fenced));
    EXPECT_FALSE(changed);
    EXPECT_EQ(holder.current()->nodes().size(), 3u);
    EXPECT_EQ(open({}).value()->nodes().size(), 3u);
}

TEST_F(Book, WhatProbesFoundMeanwhileStays) {
    have_data();
    cluster::SnapshotHolder holder(open({}).value());
    TopologyBook book(reactor, store, holder);
    ASSERT_TRUE(holder.update([](const auto& t) { return with_node_event(t, {"a"}, cluster::NodeEvent::Answered); }));
    const std::uint64_t version = holder.current()->version();
    ASSERT_TRUE(env::run_task(reactor, book.change([](const auto& t) { return with_node(t, another()); })));
    EXPECT_EQ(holder.current()->node(0).state(), cluster::NodeState::Restoring);
    EXPECT_EQ(holder.current()->version(), version + 1);
}

TEST(TopologyRecord, KeepsRolesAndMovesUnderWay) {
    cluster::TopologyPtr t = topology({.names = {"a", "b", "c", "d"}, .replicas = 1, .groups = 2});
    t = with_node(*t, {.id = {"e"}, .address = "http://e:1", .group = {1}, .zone = "z", .weight = 70}).value();
    t = with_node_event(*t, {"a"}, cluster::NodeEvent::Drain).value();
    for (const cluster::PlannedMove& planned : cluster::plan_moves(*t)) {
        const cluster::Move& move = planned.move;
        t = with_move_begun(*t, move).value();
        if (move.shard.value % 2 == 0) t = with_move_cut_over(*t, move).value();
    }
    const auto back = topology_from(to_record(*t), 16);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(to_record(**back), to_record(*t));
    EXPECT_EQ((*back)->placement(), t->placement());
    EXPECT_EQ((*back)->node(0).standing.role, cluster::NodeRole::Draining);
    EXPECT_EQ((*back)->node(4).zone, "z");
    const auto wider = topology_from(to_record(*t), 512);
    ASSERT_TRUE(wider) << wider.error().message;
    EXPECT_EQ((*wider)->placement().shards(), 512u);
    EXPECT_FALSE((*wider)->replicas_of(ShardId{511}, GroupId{1}).empty());
    EXPECT_EQ((*wider)->replicas_of(ShardId{3}).front(), t->replicas_of(ShardId{3}).front());
}

TEST(TopologyRecord, BrokenOnesAreRefused) {
    const std::string good = to_record(*topology({}));
    EXPECT_FALSE(topology_from("{}", 16));
    EXPECT_FALSE(topology_from(good.substr(0, good.size() / 2), 16));
    std::string odd = good;
    odd.replace(odd.find("\"placement\":[\"") + 14, 1, "9");  // a node that is not there
    EXPECT_FALSE(topology_from(odd, 16));
}

}  // namespace
}  // namespace miroir::rebalance
