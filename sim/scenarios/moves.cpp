// Nodes come and go while documents are written and read: shards move, and whoever takes part in a move dies, is cut
// off or loses its disk at any moment. Afterwards nothing acknowledged is missing, nothing deleted is back, every
// document is where the placement says and nowhere else; and no reader ever missed a document unsaid.
#include "sim/scenarios/acts.h"
#include "sim/scenarios/scenarios.h"

namespace miroir::sim {
namespace {

using namespace std::chrono_literals;

WriteClusterOptions draw_cluster(Run& run) {
    WriteClusterOptions options;
    options.groups = 1 + static_cast<std::uint32_t>(run.below(2));
    options.replicas = 1 + static_cast<std::uint32_t>(run.below(2));
    options.spare_nodes = 1 + static_cast<std::uint32_t>(run.below(2));
    options.indexes = 1 + run.below(2);
    options.newcomers = 2;
    options.readers = true;
    return options;
}

void kill_amid_move(Run& run, bool source) {
    WriteCluster c(run, small_cluster(run));
    begin(run, c);
    come_or_go(run, c);
    run_into_a_move(run, c);
    Host& victim = owner_of_a_move(run, c, source);
    victim.kill(run.chance(0.5));
    run.world.run_for(run.between(10ms, 4000ms));
    victim.start();
    finish(run, c);
}

}  // namespace

void play_join(Run& run) {
    WriteCluster c(run, small_cluster(run));
    begin(run, c);
    c.add(c.initial(), 0);
    run.world.run_until([&c] { return c.is_member(c.initial()) && c.settled(); }, 60s, 50ms);
    if (!c.is_member(c.initial())) run.stuck("the node has not joined");
    finish(run, c);
}

void play_drain(Run& run) {
    WriteCluster c(run, small_cluster(run));
    begin(run, c);
    const std::size_t leaves = run.below(c.initial());
    c.drain(leaves);
    run.world.run_until([&] { return !c.is_member(leaves) && c.settled(); }, 60s, 50ms);
    if (c.is_member(leaves)) run.stuck("the node has not left");
    c.forget(leaves);
    finish(run, c);
}

void play_move_kills_source(Run& run) { kill_amid_move(run, true); }
void play_move_kills_target(Run& run) { kill_amid_move(run, false); }

// Before or after any write of the store: each phase is durable before what follows from it.
void play_move_kills_miroir(Run& run) {
    WriteCluster c(run, small_cluster(run));
    begin(run, c);
    come_or_go(run, c);
    for (int i = 0; i < 4 && !run.failed(); ++i) {
        run_into_a_move(run, c);
        c.store().dies_at = c.store().writes + 1 + run.below(25);
        c.store().dies_after = run.chance(0.5);
        run.world.run_until([&c] { return !c.scribe_host().alive(); }, 5s, 10ms);
        if (run.chance(0.3) && c.scribe_host().alive()) c.scribe_host().kill(run.chance(0.5));
        run.world.run_for(run.between(0ms, 500ms));
        c.store().dies_at = 0;
        if (!c.scribe_host().alive()) c.scribe_host().start();
    }
    finish(run, c);
}

void play_move_cut_off(Run& run) {
    WriteCluster c(run, small_cluster(run));
    begin(run, c);
    come_or_go(run, c);
    run_into_a_move(run, c);
    const std::string victim = owner_of_a_move(run, c, run.chance(0.5)).name();
    if (run.chance(0.5)) run.network.block_both("scribe", victim);
    else run.network.block(victim, "scribe");  // requests pass, replies are lost
    run.world.run_for(run.between(10ms, 5000ms));
    finish(run, c);
}

// Lost for good: what it held is copied from the others.
void play_node_lost(Run& run) {
    WriteClusterOptions options = small_cluster(run);
    options.replicas = 2;
    WriteCluster c(run, options);
    begin(run, c);
    const std::size_t lost = run.below(c.initial());
    c.node(lost).kill(run.chance(0.5));
    c.add(c.initial(), 0);
    run.world.run_for(run.between(10ms, 3000ms));
    const auto gone = [&c, lost] { return c.writing() && !c.is_member(lost); };
    for (int i = 0; i < 100 && !gone() && !run.failed(); ++i) {
        c.write_off(lost);
        run.world.run_for(200ms);
    }
    if (!gone()) run.stuck("a node that is lost cannot be written off");
    finish(run, c);
}

void play_moves(Run& run) {
    const WriteClusterOptions options = draw_cluster(run);
    WriteCluster c(run, options);
    begin(run, c);
    if (run.chance(0.7)) {
        NetworkOptions& weather = run.network.options;
        weather.delay_shape = static_cast<DelayShape>(run.below(3));
        if (run.chance(0.5)) weather.loss_before = 0.03 * run.unit();
        if (run.chance(0.5)) weather.loss_after = 0.03 * run.unit();
        if (run.chance(0.5)) weather.duplicate = 0.05 * run.unit();
    }
    const std::uint64_t rounds = 2 + run.below(5);
    for (std::uint64_t i = 0; i < rounds && !run.failed(); ++i) {
        const std::size_t any = run.below(c.size());
        switch (run.below(8)) {
            case 0:
            case 1:
                c.add(c.initial() + run.below(options.newcomers),
                      static_cast<std::uint32_t>(run.below(options.groups)));
                break;
            case 2:
            case 3: c.drain(any); break;
            case 4: c.recover(any); break;
            case 5: c.forget(any); break;
            case 6: c.rebalance(run.chance(0.5) ? "pause" : "cancel"); break;
            default: c.rebalance("start"); break;
        }
        run.world.run_for(run.between(10ms, 1500ms));
        Host& victim = c.node(any);
        switch (run.below(7)) {
            case 0: victim.kill(run.chance(0.5)); break;
            case 1: run.network.block_both("scribe", victim.name()); break;
            case 2: run.network.block(victim.name(), "scribe"); break;
            case 3:
                c.store().dies_at = c.store().writes + 1 + run.below(30);
                c.store().dies_after = run.chance(0.5);
                break;
            case 4: c.scribe_host().kill(run.chance(0.5)); break;
            default: break;
        }
        run.world.run_for(run.between(10ms, 1500ms));
        if (run.chance(0.7)) settle_down(run, c);
    }
    finish(run, c);
}

}  // namespace miroir::sim
