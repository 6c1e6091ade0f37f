// The health worker in the second world: what the scenarios do not look at one by one.
#include <gtest/gtest.h>

#include "sim/fakes/fake_node.h"
#include "sim/fakes/watcher.h"
#include "sim/run.h"

namespace miroir::sim {
namespace {

using namespace std::chrono_literals;
using cluster::NodeReach;
using cluster::NodeState;

struct Prober : testing::Test {
    sim::Run run{5};
    std::vector<std::shared_ptr<FakeNodeManner>> manners;
    cluster::TopologySpec spec{.nodes = {}, .shards = 8, .replicas = 1};
    cluster::HealthOptions options;

    Prober() {
        for (int i = 0; i < 3; ++i) {
            const std::string name = "n" + std::to_string(i);
            spec.nodes.push_back({.id = {name}, .address = "http://" + name + ":7700", .group = {0}, .zone = {}});
            manners.push_back(std::make_shared<FakeNodeManner>());
            run.host(name, fake_node(manners.back()));
        }
    }
    Host& node(std::size_t i) { return *run.hosts()[i]; }
    const cluster::Node& seen(Host& watcher, std::size_t i) {
        kept = watcher.app<Watcher>().topology().current();
        return kept->node(static_cast<cluster::NodeIndex>(i));
    }
    cluster::TopologyPtr kept;
};

TEST_F(Prober, TheFirstRoundIsImmediateAndAllAtOnce) {
    node(2).kill(true);  // waits for its whole timeout, and must not hold up the others
    Host& watcher = run.host("watcher", sim::watcher(spec, options));
    run.world.run_for(10ms);
    EXPECT_EQ(seen(watcher, 0).state(), NodeState::Active);
    EXPECT_EQ(seen(watcher, 1).state(), NodeState::Active);
    EXPECT_EQ(seen(watcher, 2).standing.reach, NodeReach::Unknown);
    EXPECT_EQ(seen(watcher, 0).facts.engine_version, "1.50.0");
}

TEST_F(Prober, WhatIsNotMeilisearchIsSaidSoAndNeverTakesPart) {
    manners[1]->foreign = true;
    Host& watcher = run.host("watcher", sim::watcher(spec, options));
    run.world.run_for(20s);
    EXPECT_EQ(seen(watcher, 1).standing.reach, NodeReach::Down);
    EXPECT_NE(seen(watcher, 1).facts.note.find("not as Meilisearch"), std::string::npos);
    EXPECT_FALSE(watcher.app<Watcher>().ready());
    manners[1]->foreign = false;
    run.world.run_for(20s);
    EXPECT_TRUE(watcher.app<Watcher>().ready());
    EXPECT_EQ(seen(watcher, 1).facts.note, "");
}

TEST_F(Prober, ANodeThatRefusesTheKeyTakesNoPart) {
    manners[1]->refuses_key = true;
    Host& watcher = run.host("watcher", sim::watcher(spec, options));
    run.world.run_for(20s);
    EXPECT_FALSE(seen(watcher, 1).readable());
    EXPECT_NE(seen(watcher, 1).facts.note.find("refuses the node key"), std::string::npos);
    EXPECT_FALSE(watcher.app<Watcher>().ready());
    manners[1]->refuses_key = false;
    run.world.run_for(20s);
    EXPECT_TRUE(watcher.app<Watcher>().ready());
    EXPECT_EQ(seen(watcher, 1).facts.note, "");
    manners[1]->refuses_key = true;  // its key was changed, it runs on
    run.world.run_for(90s);
    EXPECT_FALSE(watcher.app<Watcher>().ready());
}

TEST_F(Prober, CallsThatFailBringTheProbeForward) {
    Host& watcher = run.host("watcher", sim::watcher(spec, options));
    run.world.run_for(2s);
    node(0).kill();
    auto& prober = watcher.app<Watcher>().prober();
    const std::uint64_t before = prober.probes_sent();
    for (int i = 0; i < 100; ++i) prober.note_call(NodeId{"n0"}, cluster::CallEnd::Bad);
    run.world.run_for(600ms);
    EXPECT_GT(prober.probes_sent(), before);
    EXPECT_LT(prober.probes_sent(), before + 4);  // but a hundred failures are no hundred probes
    run.world.run_for(1500ms);
    EXPECT_EQ(seen(watcher, 0).state(), NodeState::Down);  // the turn of the probes alone would need 6 s
}

TEST_F(Prober, NodesThatJoinLeaveAndMoveAreFollowed) {
    Host& watcher = run.host("watcher", sim::watcher(spec, options));
    run.world.run_for(1s);
    auto& holder = watcher.app<Watcher>().topology();
    run.host("n3", fake_node(std::make_shared<FakeNodeManner>()));
    run.host("elsewhere", fake_node(std::make_shared<FakeNodeManner>()));
    ASSERT_TRUE(holder.update([](const cluster::Topology& t) {
        return with_node(t, {.id = {"n3"}, .address = "http://n3:7700", .group = {0}, .zone = {}});
    }));
    run.world.run_for(1500ms);
    EXPECT_EQ(seen(watcher, 3).state(), NodeState::Joining);
    EXPECT_EQ(seen(watcher, 3).standing.reach, NodeReach::Up);

    ASSERT_TRUE(holder.update(
        [](const cluster::Topology& t) { return with_node_address(t, NodeId{"n0"}, "http://elsewhere:7700"); }));
    EXPECT_FALSE(seen(watcher, 0).writable());  // a new address proves itself first
    run.world.run_for(6s);
    EXPECT_EQ(seen(watcher, 0).state(), NodeState::Active);
    EXPECT_GT(run.network.sent("watcher", "elsewhere"), 0u);

    ASSERT_TRUE(holder.update(
        [](const cluster::Topology& t) { return with_node_event(t, NodeId{"n3"}, cluster::NodeEvent::Discard); }));
    run.world.run_for(6s);
    const std::uint64_t asked = run.network.sent("watcher", "n3");
    run.world.run_for(60s);
    EXPECT_EQ(run.network.sent("watcher", "n3"), asked);
    EXPECT_EQ(seen(watcher, 3).state(), NodeState::Removed);
}

TEST_F(Prober, ProbesArePacedAndSpread) {
    run.host("watcher", sim::watcher(spec, options));
    run.world.run_for(1000s);
    for (int i = 0; i < 3; ++i) {
        const std::uint64_t asked = run.network.sent("watcher", "n" + std::to_string(i));
        EXPECT_NEAR(static_cast<double>(asked), 200.0 * 13 / 12, 10);  // each 5 s, and the version each twelfth time
    }
}

// Vouches only when told to.
class SlowVoucher final : public workers::NodeVoucher {
public:
    bool agrees = false;
    int asked = 0;
    env::Task<bool> vouch(NodeId, std::string, env::Cancel) override {
        ++asked;
        co_return agrees;
    }
};

class Careful final : public App {
public:
    Careful(const cluster::TopologySpec& spec, SlowVoucher& voucher, AppContext context)
        : topology(cluster::make_topology(spec).value()),
          prober(context.env, context.client, topology, {}, "", &voucher) {
        prober.start();
    }
    env::Task<void> stop() override {
        env::Task<void> stopped = prober.stop();
        co_await stopped;
    }
    cluster::SnapshotHolder topology;
    workers::HealthProber prober;
};

TEST_F(Prober, ANodeIsNotReadBeforeSomebodyVouchesForIt) {
    SlowVoucher voucher;
    Host& careful =
        run.host("careful", [&](AppContext context) { return std::make_unique<Careful>(spec, voucher, context); });
    run.world.run_for(3s);
    const auto first = careful.app<Careful>().topology.current()->node(0);
    EXPECT_EQ(first.state(), NodeState::Restoring);
    EXPECT_TRUE(first.writable());
    EXPECT_FALSE(first.readable());
    EXPECT_GT(voucher.asked, 6);  // asked again soon
    voucher.agrees = true;
    run.world.run_for(1s);
    EXPECT_EQ(careful.app<Careful>().topology.current()->node(0).state(), NodeState::Active);
    const int asked = voucher.asked;
    run.world.run_for(30s);
    EXPECT_EQ(voucher.asked, asked);
    careful.kill();  // ends before the voucher does
    run.world.run_for(1s);
}

}  // namespace
}  // namespace miroir::sim
