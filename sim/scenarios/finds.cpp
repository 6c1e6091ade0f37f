// What seeds of the writes found, and what is promised besides: each by its name, so that it is looked for on purpose.
#include "sim/scenarios/scenarios.h"
#include "sim/scenarios/write_cluster.h"

namespace miroir::sim {
namespace {

using namespace std::chrono_literals;
using Kind = ModelWrite::Kind;

constexpr auto kRest = 60s;
constexpr auto kLook = 2s;  // longer than the mender's pause between two looks at the nodes

}  // namespace

// A change of settings let go of a part that it had held back, while the same write was still on its way to another
// node: an older state of its task was written over the newer one, and it never ended.
void play_let_go(Run& run) {
    WriteClusterOptions options;
    options.replicas = 2;
    WriteCluster c(run, options);
    run.world.run_for(500ms);
    c.write_every(run.between(5ms, 30ms));
    for (int i = 0; i < 4; ++i) {
        run.network.slow(c.node(run.below(c.size())).name(), run.between(0ms, 60ms));
        run.world.run_for(run.between(20ms, 200ms));
        c.write_one(0, Kind::Settings, {});
    }
    run.world.run_for(run.between(20ms, 200ms));
    c.stop_writing();
    run.network.heal();
    c.expect_calm(kRest);
    c.check_all();
    run.end();
}

// One node took a write and lost it with its disk before it had carried it out; for the other it was still kept. It
// was given up as lost.
void play_kept_for_another(Run& run) {
    WriteClusterOptions options;
    options.replicas = 2;
    options.spare_nodes = static_cast<std::uint32_t>(run.below(2));
    WriteCluster c(run, options);
    run.world.run_for(1s);
    c.write_one(0, Kind::Replace, {0, 1, 2, 3, 4, 5, 6, 7});
    run.world.run_for(1s);
    Host& away = c.node(0);
    Host& robbed = c.node(1);
    away.kill(run.chance(0.5));
    if (run.chance(0.5)) run.world.run_for(run.between(0ms, 3000ms));
    c.write_one(0, Kind::Merge, {4, 5, 6, 7, 8, 9, 10, 11});
    run.world.run_for(run.between(0ms, 8ms));
    robbed.kill(true);
    robbed.disk().replace({});
    run.world.run_for(run.between(0ms, 3000ms));
    robbed.start();
    run.world.run_for(run.between(0ms, 3000ms));
    away.start();
    run.world.run_for(kLook);
    c.expect_calm(kRest);
    c.check_all();
    run.end();
}

// The only copy is lost while settings change. The change waited for the copy and the copy for the change (writes, seed
// 213); two nodes that had both lost something waited for each other (writes, seed 1052).
void play_robbed_alone(Run& run) {
    WriteClusterOptions options;
    options.replicas = 1 + static_cast<std::uint32_t>(run.below(2));
    options.spare_nodes = 1;
    WriteCluster c(run, options);
    run.world.run_for(1s);
    c.write_every(run.between(20ms, 80ms));
    run.world.run_for(run.between(200ms, 600ms));
    for (std::size_t i = 0; i < c.size(); ++i) {
        if (run.chance(0.5)) c.write_one(0, Kind::Settings, {});
        if (run.chance(0.5)) run.world.run_for(run.between(0ms, 20ms));
        if (i > 0 && run.chance(0.3)) continue;
        c.node(i).kill(true);
        c.node(i).disk().replace({});
        if (run.chance(0.5)) run.world.run_for(run.between(0ms, 2000ms));
        c.node(i).start();
    }
    run.world.run_for(run.between(0ms, 2000ms));
    c.stop_writing();
    run.world.run_for(kLook);
    c.expect_calm(kRest);
    run.end();
}

// A node came back older, and the store refused to write its debt down. At the second look nothing was known of the
// node any more: it went on as if it had never taken anything (writes, seed 50108).
void play_robbed_unkept(Run& run) {
    WriteClusterOptions options;
    options.replicas = 2;
    WriteCluster c(run, options);
    run.world.run_for(500ms);
    c.write_every(run.between(20ms, 60ms));
    run.world.run_for(run.between(100ms, 1000ms));
    Host& victim = c.node(run.below(c.size()));
    const Disk::Copy older = run.chance(0.5) ? victim.disk().copy() : Disk::Copy();
    run.world.run_for(run.between(100ms, 1000ms));
    victim.kill(true);
    victim.disk().replace(older);
    c.store().refused = 0.3 + 0.6 * run.unit();
    if (run.chance(0.5)) run.world.run_for(run.between(10ms, 2000ms));
    victim.start();
    run.world.run_for(run.between(10ms, 1500ms));
    c.store().refused = 0;
    run.world.run_for(run.between(10ms, 300ms));
    c.scribe_host().kill();
    c.scribe_host().start();
    c.stop_writing();
    run.world.run_for(kLook);
    c.expect_calm(kRest);
    c.check_all();
    run.end();
}

// A request arrives twice and what is left of the second refusal cannot be read: the first may have been taken (writes,
// seed 50885).
void play_doubled(Run& run) {
    WriteClusterOptions options;
    options.replicas = 1 + static_cast<std::uint32_t>(run.below(2));
    WriteCluster c(run, options);
    run.world.run_for(500ms);
    run.network.options.duplicate = 0.5;
    run.network.options.truncate = 0.4;
    run.network.options.reset_share = 0.5 * run.unit();
    run.network.options.delay_shape = DelayShape::HeavyTail;
    c.write_every(run.between(10ms, 50ms));
    run.world.run_for(run.between(2000ms, 4000ms));
    c.stop_writing();
    run.network.heal();
    run.world.run_for(kLook);
    c.expect_calm(kRest);
    c.check_all();
    run.end();
}

// A write that is refused for want of replicas is there as a whole or not at all once its nodes are back.
void play_no_quorum(Run& run) {
    WriteClusterOptions options;
    options.replicas = 1;
    options.spare_nodes = 2;
    options.settings = false;
    WriteCluster c(run, options);
    run.world.run_for(1s);
    c.write_one(0, Kind::Replace, {0, 1, 2, 3, 4, 5, 6, 7});
    run.world.run_for(1s);
    const std::size_t before = c.acknowledged();
    const bool all = run.chance(0.3);
    const std::size_t victim = run.below(c.size());
    for (std::size_t i = 0; i < c.size(); ++i) {
        if (!all && i != victim) continue;
        if (run.chance(0.5)) c.node(i).kill(run.chance(0.5));
        else run.network.block_both("scribe", c.node(i).name());
    }
    c.write_one(0, Kind::Merge, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23});
    const bool answered = run.chance(0.5);  // longer than any call may take
    run.world.run_for(answered ? run.between(4000ms, 6000ms) : run.between(0ms, 4000ms));
    if (run.chance(0.3)) c.scribe_host().kill();
    run.network.heal();
    for (std::size_t i = 0; i < c.size(); ++i) {
        if (!c.node(i).alive()) c.node(i).start();
    }
    if (!c.scribe_host().alive()) c.scribe_host().start();
    run.world.run_for(kLook);
    c.expect_calm(kRest);
    if (answered && c.acknowledged() != before) run.unsafe("a write was acknowledged without a node of some shard");
    c.check_all();
    run.end();
}

// Nodes whose tasks' uids are chosen for them do not clean up after themselves. Once a task was deleted by which, after
// a restart, the node was to be recognised: all nodes were taken for others (writes, seed 1052).
void play_swept(Run& run) {
    WriteClusterOptions options;
    options.replicas = 2;
    options.node_tasks_kept = run.below(10);
    WriteCluster c(run, options);
    run.world.run_for(500ms);
    c.write_every(20ms);
    run.world.run_for(run.between(1000ms, 2000ms));
    Host& victim = c.node(run.below(c.size()));
    if (run.chance(0.5)) victim.kill(run.chance(0.5));
    run.world.run_for(run.between(500ms, 1500ms));
    if (!victim.alive()) victim.start();
    if (run.chance(0.5)) c.stop_writing();
    run.world.run_for(run.between(0ms, 1500ms));
    c.scribe_host().kill();
    c.scribe_host().start();
    c.stop_writing();
    run.world.run_for(kLook);
    c.expect_calm(kRest);
    run.world.run_for(kLook);
    c.check_nodes_forget();
    c.check_all();
    run.end();
}

// A node is called down and is back a moment later, as on a busy machine: a write that only it can take waits for it
// instead of being refused.
void play_back_in_a_moment(Run& run) {
    WriteClusterOptions options;
    options.replicas = 1;
    options.settings = false;
    WriteCluster c(run, options);
    run.world.run_for(1s);
    c.write_one(0, Kind::Replace, {0, 1, 2, 3, 4, 5, 6, 7});
    run.world.run_for(1s);
    const std::string name = c.node(run.below(c.size())).name();
    const auto writable = [&] {
        const cluster::TopologyPtr topology = c.scribe().topology().current();
        return topology->node(*topology->find(NodeId{name})).writable();
    };
    run.network.block_both("scribe", name);
    run.world.run_until([&] { return !writable(); }, 20s, 10ms);
    const std::size_t before = c.acknowledged();
    c.write_one(0, Kind::Merge, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23});
    run.world.run_for(run.between(0ms, 300ms));
    run.network.heal();
    run.world.run_until(writable, 500ms, 10ms);
    const bool back = writable();
    run.world.run_for(300ms);
    if (back && c.acknowledged() == before) run.stuck("a write was refused, and its node was back in a moment");
    c.expect_calm(kRest);
    c.check_all();
    run.end();
}

}  // namespace miroir::sim
