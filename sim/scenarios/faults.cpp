// One fault at a time, under writes and reads, in a cluster of two copies: each is told by its name what it breaks and
// what has to hold meanwhile. Whatever it is, the end is the same: nothing acknowledged is missing, nothing deleted is
// back, and all copies are alike.
#include "sim/scenarios/acts.h"
#include "sim/scenarios/scenarios.h"

namespace miroir::sim {
namespace {

using namespace std::chrono_literals;

WriteClusterOptions two_copies() {
    WriteClusterOptions options;
    options.replicas = 2;
    options.readers = true;
    options.settings = false;
    return options;
}

// Longer than probes take to notice it, and than a write waits for who does not answer.
constexpr auto kNoticed = 8s;

void expect_service(Run& run, WriteCluster& c, const std::string& meanwhile) {
    const std::size_t writes = c.acknowledged();
    const std::size_t reads = c.reads();
    run.world.run_for(2s);
    if (c.acknowledged() == writes) run.stuck("no write is acknowledged " + meanwhile);
    if (c.reads() == reads) run.stuck("no read is whole " + meanwhile);
}

}  // namespace

// One of three nodes dies: searches are whole and writes go on. It comes back and gets what it missed, in its order.
void play_node_killed(Run& run) {
    WriteCluster c(run, two_copies());
    begin(run, c);
    Host& victim = c.node(run.below(c.size()));
    victim.kill(run.chance(0.5));
    run.world.run_for(kNoticed);
    expect_service(run, c, "with one node of three dead");
    victim.start();
    finish(run, c);
}

// Two of three die: shards are without a copy. No search misses them unsaid, and no write of theirs is acknowledged
// that nobody has.
void play_two_killed(Run& run) {
    WriteCluster c(run, two_copies());
    begin(run, c);
    const std::size_t stays = run.below(c.size());
    for (std::size_t i = 0; i < c.size(); ++i) {
        if (i != stays) c.node(i).kill(run.chance(0.5));
    }
    run.world.run_for(kNoticed);
    const std::size_t reads = c.reads();
    run.world.run_for(2s);
    if (c.reads() != reads) run.unsafe("a search was whole without a copy of every shard");
    finish(run, c);
}

// Half a second more on each call of one node: late, and nobody fails for it.
void play_slow_node(Run& run) {
    WriteCluster c(run, two_copies());
    begin(run, c);
    run.network.slow(c.node(run.below(c.size())).name(), 500ms);
    run.world.run_for(kNoticed);
    expect_service(run, c, "with one slow node");
    finish(run, c);
}

// A node takes what it is sent and says nothing, then thaws: what it was sent long ago must not undo what came since.
void play_frozen(Run& run) {
    WriteCluster c(run, two_copies());
    begin(run, c);
    for (int i = 0; i < 3; ++i) {
        run.network.clog(c.node(run.below(c.size())).name(), run.world.now() + run.between(500ms, 6000ms));
        run.world.run_for(run.between(100ms, 7000ms));
    }
    finish(run, c);
}

// Nodes that take 20 ms for whatever they are sent, and writes that come almost as fast as that, all the time: what one
// node missed reaches it all the same, faster than more is written.
void play_catches_up(Run& run) {
    WriteClusterOptions options = two_copies();
    options.spare_nodes = 0;
    options.indexes = 4;
    WriteCluster c(run, options);
    begin(run, c);
    for (std::size_t i = 0; i < c.size(); ++i) run.network.slow(c.node(i).name(), 20ms);
    c.write_every(133ms);
    Host& missed = c.node(run.below(c.size()));
    missed.kill(run.chance(0.5));
    run.world.run_for(run.between(6000ms, 12'000ms));
    missed.start();
    run.expect_within(60s, "it has what it missed while writes go on",
                      [&] { return c.writing() && c.scribe().board().current()->in_step(NodeId{missed.name()}); });
    finish(run, c);
}

// Requests arrive, replies are lost: everything is asked again, nothing is carried out twice.
void play_replies_lost(Run& run) {
    WriteCluster c(run, two_copies());
    begin(run, c);
    for (int i = 0; i < 3; ++i) {
        const std::string name = c.node(run.below(c.size())).name();
        run.network.block(name, "scribe");
        run.world.run_for(run.between(10ms, 4000ms));
        run.network.unblock(name, "scribe");
        run.world.run_for(run.between(10ms, 1000ms));
    }
    finish(run, c);
}

// A node's disk is full: its copy is behind, the others serve.
void play_node_disk_full(Run& run) {
    WriteCluster c(run, two_copies());
    begin(run, c);
    Host& victim = c.node(run.below(c.size()));
    victim.disk().set_full(true);
    run.world.run_for(run.between(1000ms, 5000ms));
    if (run.chance(0.3)) {
        victim.kill(run.chance(0.5));
        run.world.run_for(run.between(10ms, 1000ms));
        victim.disk().set_full(false);
        victim.start();
    }
    finish(run, c);
}

// Miroir's own disk is full: no write is acknowledged, reads go on.
void play_store_full(Run& run) {
    WriteCluster c(run, two_copies());
    begin(run, c);
    c.store().refused = 1;
    run.world.run_for(100ms);  // what was durable already is answered
    const std::size_t writes = c.acknowledged();
    const std::size_t reads = c.reads();
    run.world.run_for(run.between(500ms, 3000ms));
    if (c.acknowledged() != writes) run.unsafe("a write was acknowledged that is not durable");
    if (c.reads() == reads) run.stuck("no read is whole while the store is full");
    if (run.chance(0.3)) c.scribe_host().kill(run.chance(0.5));
    finish(run, c);
}

// Clocks jump by an hour to and fro. Order comes from sequences, pauses from clocks that do not jump.
void play_clocks_jump(Run& run) {
    WriteCluster c(run, two_copies());
    begin(run, c);
    for (int i = 0; i < 6; ++i) {
        const std::uint64_t who = run.below(c.size() + 1);
        Host& host = who == c.size() ? c.scribe_host() : c.node(who);
        host.life().jump_wall(run.chance(0.5) ? 1h : -1h);
        run.world.run_for(run.between(10ms, 1500ms));
        if (!run.chance(0.3)) continue;
        host.kill(run.chance(0.5));  // its clock is right again
        host.start();
    }
    finish(run, c);
}

// One node fails changes of settings that the others carry out: it is asked again, or the change is undone. No node
// ends with other settings than the catalog says.
void play_settings_fail(Run& run) {
    WriteClusterOptions options = two_copies();
    options.settings = true;
    options.settings_share = 20;
    options.settings_may_fail = true;
    WriteCluster c(run, options);
    begin(run, c);
    for (int i = 0; i < 3; ++i) {
        const std::string often = std::to_string(1 + run.below(8));
        const Result<node::Fault> fault = node::parse_fault("task-fails=settingsUpdate:times=" + often);
        c.node(run.below(c.size())).app<EmbeddedNode>().node().faults().add(*fault);
        run.world.run_for(run.between(10ms, 3000ms));
    }
    for (std::size_t i = 0; i < c.size(); ++i) c.node(i).app<EmbeddedNode>().node().faults().clear();
    finish(run, c);
}

namespace {

void fail_some_writes(Run& run, WriteCluster& c, std::size_t node) {
    const std::string what = run.chance(0.7) ? "documentAdditionOrUpdate" : "documentDeletion";
    const Result<node::Fault> fault =
        node::parse_fault("task-fails=" + what + ":times=" + std::to_string(1 + run.below(4)));
    if (c.node(node).alive()) c.node(node).app<EmbeddedNode>().node().faults().add(*fault);
    run.world.run_for(run.between(10ms, 2000ms));
}

void fail_no_more(WriteCluster& c) {
    for (std::size_t i = 0; i < c.size(); ++i) {
        if (c.node(i).alive()) c.node(i).app<EmbeddedNode>().node().faults().clear();
    }
}

}  // namespace

// One node fails writes that its peers carry out, as one does whose embedder refuses it: they have succeeded, and it is
// made as the others are.
void play_writes_fail_on_one(Run& run) {
    WriteCluster c(run, two_copies());
    begin(run, c);
    const std::size_t victim = run.below(c.size());
    for (int i = 0; i < 4; ++i) fail_some_writes(run, c, victim);
    fail_no_more(c);
    finish(run, c);
}

// Several nodes fail writes, others are away meanwhile: those may have failed, and the copies of each document are
// alike.
void play_writes_fail_on_some(Run& run) {
    WriteClusterOptions options = two_copies();
    options.writes_may_fail = true;
    WriteCluster c(run, options);
    begin(run, c);
    for (int i = 0; i < 6; ++i) {
        Host& away = c.node(run.below(c.size()));
        if (run.chance(0.2)) away.kill(run.chance(0.5));
        fail_some_writes(run, c, run.below(c.size()));
        if (!away.alive()) away.start();
    }
    fail_no_more(c);
    finish(run, c);
}

}  // namespace miroir::sim
