// Moves at their worst: several die at once, right at the cut-over, under bursts, under changes of settings, under
// deletions by a filter, with a group more, with the whole cluster at new addresses.
#include "sim/scenarios/acts.h"
#include "sim/scenarios/scenarios.h"

namespace miroir::sim {
namespace {

using namespace std::chrono_literals;
using Phase = rebalance::MovePhase;

bool in_phase(WriteCluster& c, Phase phase) {
    if (!c.writing()) return false;
    const rebalance::Rebalancer::Status status = c.scribe().rebalancer().status();
    return std::ranges::any_of(status.moves,
                               [phase](const rebalance::MoveRecord& move) { return move.phase == phase; });
}

}  // namespace

// Whoever takes part in a move dies, all at once, at any point of it: doubling, copying, grace, cleaning.
void play_move_kills_all(Run& run) {
    WriteCluster c(run, small_cluster(run));
    begin(run, c);
    come_or_go(run, c);
    const auto phase = static_cast<Phase>(run.below(4));
    run.world.run_until([&] { return in_phase(c, phase); }, 20s, 2ms);
    run.world.run_for(run.between(0ms, 30ms));
    Host& from = owner_of_a_move(run, c, true);
    Host& to = owner_of_a_move(run, c, false);
    for (Host* host : {&from, &to, &c.scribe_host()}) {
        if (host->alive()) host->kill(run.chance(0.5));
    }
    for (Host* host : {&c.scribe_host(), &to, &from}) {
        run.world.run_for(run.between(0ms, 2000ms));
        if (!host->alive()) host->start();
    }
    finish(run, c);
}

// Many writes while a shard is copied, and none behind them: whatever the copying put over a newer write stays there.
void play_writes_amid_copy(Run& run) {
    WriteClusterOptions options = small_cluster(run);
    options.skip_delta_pass = run.chance(0.7);
    WriteCluster c(run, options);
    begin(run, c);
    come_or_go(run, c);
    run.world.run_until([&] { return in_phase(c, Phase::Copying); }, 20s, 1ms);
    c.write_every(run.between(4ms, 20ms));
    run.world.run_until([&] { return !in_phase(c, Phase::Copying); }, 10s, 1ms);
    c.stop_writing();
    finish(run, c);
}

// Somebody dies within milliseconds of the cut-over, while a thousand writes a second come in.
void play_cut_over_kills(Run& run) {
    WriteCluster c(run, small_cluster(run));
    begin(run, c);
    come_or_go(run, c);
    run.world.run_until([&] { return in_phase(c, Phase::Copying); }, 20s, 2ms);
    c.write_every(1ms);
    const auto cut_over = [&c] { return c.writing() && c.scribe().rebalancer().status().cut_over > 0; };
    if (run.chance(0.5)) run.world.run_until(cut_over, 10s, 1ms);
    else run.world.run_for(run.between(0ms, 300ms));
    run.world.run_for(run.between(0ms, 20ms));
    const std::uint64_t who = run.below(3);
    Host& victim = who == 0 ? c.scribe_host() : owner_of_a_move(run, c, who == 1);
    if (victim.alive()) victim.kill(run.chance(0.5));
    run.world.run_for(run.between(0ms, 300ms));
    c.write_every(40ms);
    run.world.run_for(run.between(0ms, 2000ms));
    if (!victim.alive()) victim.start();
    finish(run, c);
}

// Many writes at once whenever a move enters a phase.
void play_phase_bursts(Run& run) {
    WriteCluster c(run, small_cluster(run));
    begin(run, c);
    come_or_go(run, c);
    for (int i = 0; i < 5; ++i) {
        const auto phase = static_cast<Phase>(i % 4);
        run.world.run_until([&] { return in_phase(c, phase); }, 3s, 2ms);
        for (int n = 0; n < 15 && c.writing(); ++n) c.write_something(0);
        run.world.run_for(run.between(0ms, 50ms));
    }
    finish(run, c);
}

// Writes that a change of settings holds back were planned for the old owner alone. They have to be there before
// anything is compared, and before the old copy is deleted (moves, seeds 18 and 25).
void play_move_amid_settings(Run& run) {
    WriteClusterOptions options = small_cluster(run);
    options.settings = true;
    options.settings_share = 10 + run.below(30);
    options.indexes = 1 + run.below(2);
    WriteCluster c(run, options);
    begin(run, c);
    Host& slow = c.node(run.below(c.initial()));
    if (run.chance(0.5)) slow.kill(run.chance(0.5));  // changes wait for it, and hold back what comes behind them
    else run.network.slow(slow.name(), run.between(20ms, 200ms));
    come_or_go(run, c);
    run.world.run_for(run.between(10ms, 3000ms));
    if (run.chance(0.3)) c.rebalance("cancel");
    if (!slow.alive()) slow.start();
    run.world.run_for(run.between(10ms, 3000ms));
    come_or_go(run, c);
    finish(run, c);
}

// Two join while others are drained and taken back: what is promised to a node while another is mended is copied too
// (moves, seeds 39 and 134).
void play_moves_overlap(Run& run) {
    WriteClusterOptions options = small_cluster(run);
    options.newcomers = 2;
    options.indexes = 2;
    WriteCluster c(run, options);
    begin(run, c);
    for (int i = 0; i < 6 && !run.failed(); ++i) {
        if (run.chance(0.4)) c.add(c.initial() + run.below(2), 0);
        else if (run.chance(0.5)) c.drain(run.below(c.size()));
        else c.recover(run.below(c.size()));
        run.world.run_for(run.between(10ms, 1500ms));
    }
    finish(run, c);
}

// Deletions by a filter while shards move: no copy keeps what they deleted.
void play_filter_amid_move(Run& run) {
    WriteClusterOptions options = small_cluster(run);
    options.by_filter = true;
    WriteCluster c(run, options);
    begin(run, c);
    come_or_go(run, c);
    run_into_a_move(run, c);
    if (run.chance(0.5)) {
        Host& victim = owner_of_a_move(run, c, run.chance(0.5));
        victim.kill(run.chance(0.5));
        run.world.run_for(run.between(10ms, 2000ms));
        victim.start();
    }
    finish(run, c);
}

// A group more: every shard is copied once more, and searches go on.
void play_group_joins(Run& run) {
    WriteClusterOptions options = small_cluster(run);
    options.replicas = 1;
    options.newcomers = 2;
    WriteCluster c(run, options);
    begin(run, c);
    for (std::size_t i = 0; i < 2; ++i) {
        c.add(c.initial() + i, 1);
        run.world.run_for(run.between(10ms, 1500ms));
    }
    if (run.chance(0.5)) c.scribe_host().kill(run.chance(0.5));
    run.world.run_for(run.between(0ms, 500ms));
    if (!c.scribe_host().alive()) c.scribe_host().start();
    run.world.run_until([&c] { return c.writing() && c.settled(); }, 60s, 50ms);
    finish(run, c);
}

// All nodes get other addresses amid moves; the configuration of the next start says so. A node is who it is by its
// name and by what it took.
void play_new_addresses(Run& run) {
    WriteCluster c(run, small_cluster(run));
    begin(run, c);
    if (run.chance(0.5)) c.drain(run.below(c.initial()));
    run.world.run_for(run.between(10ms, 2000ms));
    c.move_addresses();
    run.world.run_for(run.between(10ms, 3000ms));
    c.scribe_host().kill(run.chance(0.5));
    c.scribe_host().start();
    run.world.run_for(run.between(10ms, 2000ms));
    finish(run, c);
}

// The new owner is away for longer than a move may stand still: the moves to it are given up, so that no writes are
// kept for it, and are made again when it is back.
void play_move_stands_still(Run& run) {
    WriteClusterOptions options = small_cluster(run);
    options.move_timeout = 2s;
    WriteCluster c(run, options);
    begin(run, c);
    c.add(c.initial(), 0);
    run.world.run_until([&] { return in_phase(c, Phase::Doubling) || in_phase(c, Phase::Copying); }, 20s, 2ms);
    const std::string target = c.node(c.initial()).name();
    run.network.block_both("scribe", target);
    const auto given_up = [&] { return !in_phase(c, Phase::Doubling) && !in_phase(c, Phase::Copying); };
    run.world.run_until(given_up, 20s, 10ms);
    if (!given_up()) run.stuck("a move stands still and is not given up");
    finish(run, c);
}

}  // namespace miroir::sim
