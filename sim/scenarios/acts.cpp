#include "sim/scenarios/acts.h"

namespace miroir::sim {
namespace {

using namespace std::chrono_literals;

// Copies in small pages, graces, nodes that are found again.
constexpr auto kRest = 120s;
constexpr std::chrono::nanoseconds kLongestPause = 500ms;  // of writes at a cut-over
const std::vector<int> kStill = {101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112};

}  // namespace

WriteClusterOptions small_cluster(Run& run) {
    WriteClusterOptions options;
    options.replicas = 1 + static_cast<std::uint32_t>(run.below(2));
    options.newcomers = 1;
    options.readers = true;
    options.settings = false;  // a copy waits for changes of settings, and here they would never end
    return options;
}

void begin(Run& run, WriteCluster& c) {
    run.world.run_for(500ms);
    c.hold_still(kStill);
    c.write_every(run.between(10ms, 80ms));
    run.world.run_for(run.between(50ms, 1000ms));
}

void settle_down(Run& run, WriteCluster& c) {
    run.network.heal();
    c.store().dies_at = 0;
    c.store().refused = 0;
    if (!c.scribe_host().alive()) c.scribe_host().start();
    for (std::size_t i = 0; i < c.size(); ++i) {
        c.node(i).disk().set_full(false);
        if (!c.node(i).alive()) c.node(i).start();
    }
}

void finish(Run& run, WriteCluster& c) {
    run.world.run_for(run.between(10ms, 2000ms));
    c.stop_writing();
    settle_down(run, c);
    run.expect_within(30s, "the orchestrator opens", [&c] { return c.writing(); });
    if (!run.failed()) c.rebalance("start");
    run.world.run_for(2s);
    c.expect_calm(kRest);
    c.check_all();
    if (!run.failed() && c.reads() == 0) run.stuck("nobody could read");
    if (!run.failed() && c.scribe().rebalancer().status().longest_pause > kLongestPause)
        run.unsafe("writes paused for too long at a cut-over");
    run.end();
}

void come_or_go(Run& run, WriteCluster& c) {
    if (run.chance(0.5)) c.add(c.initial(), 0);
    else c.drain(run.below(c.initial()));
}

bool any_moves(WriteCluster& c) { return c.writing() && !c.scribe().rebalancer().status().moves.empty(); }

void run_into_a_move(Run& run, WriteCluster& c) {
    run.world.run_until([&c] { return any_moves(c); }, 20s, 10ms);
    run.world.run_for(run.between(1ms, 1500ms));
}

Host& owner_of_a_move(Run& run, WriteCluster& c, bool old) {
    if (!any_moves(c)) return c.node(run.below(c.initial()));
    const rebalance::MoveRecord move = c.scribe().rebalancer().status().moves.front();
    const std::string name = old && !move.from.value.empty() ? move.from.value : move.to.value;
    for (std::size_t i = 0; i < c.size(); ++i) {
        if (c.node(i).name() == name) return c.node(i);
    }
    return c.node(0);
}

}  // namespace miroir::sim
