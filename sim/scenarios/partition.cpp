// Wires are cut, one way, the other way, both ways, and again and again. The watcher notices, its breaker keeps calls
// away, hysteresis keeps a flapping node out, and nowhere is there a storm.
#include <algorithm>

#include "sim/scenarios/scenarios.h"
#include "sim/scenarios/watched_cluster.h"

namespace miroir::sim {
namespace {

using namespace std::chrono_literals;
using cluster::NodeState;

constexpr int kCallers = 6;

void cut(Run& run, const std::string& node, std::uint64_t way) {
    if (way != 1) run.network.block("watcher", node);
    if (way != 0) run.network.block(node, "watcher");
}

void mend(Run& run, const std::string& node) {
    run.network.unblock("watcher", node);
    run.network.unblock(node, "watcher");
}

// The most calls that may go out through the breaker while nothing answers for so long.
std::uint64_t call_bound(const cluster::BreakerOptions& options, std::chrono::nanoseconds span) {
    std::uint64_t trials = 1;
    for (auto pause = options.first_pause; pause < options.longest_pause; pause *= 2) ++trials;
    return 2 * kCallers + options.open_after + trials + static_cast<std::uint64_t>(span / (options.longest_pause / 2));
}

// With calls going on, a cut is noticed without waiting for the next turn of the probes.
std::chrono::nanoseconds notice_with_calls(const WatchedCluster& c) {
    return c.notice_bound() - std::chrono::nanoseconds(c.options().interval) + 2 * Watcher::kCallTimeout;
}

void one_long_cut(Run& run, WatchedCluster& c, std::size_t victim, std::uint32_t falls) {
    const std::string name = "node-" + std::to_string(victim);
    Watcher& watcher = c.watcher();
    const std::uint64_t calls_before = watcher.calls_sent();
    const std::uint64_t sent_before = run.network.sent("watcher", name);
    const env::Monotonic began = run.world.now();
    cut(run, name, run.below(3));
    if (!run.expect_within(notice_with_calls(c), name + " is called down",
                           [&] { return c.seen(victim) == NodeState::Down; }))
        return;
    run.world.run_for(run.between(0ms, 60s));
    const std::chrono::nanoseconds span = run.world.now() - began;
    const std::uint64_t calls = watcher.calls_sent() - calls_before;
    if (calls > call_bound(watcher.breaker_options(), span))
        run.unsafe("a storm of " + std::to_string(calls) + " calls to a node that is cut off");
    const std::uint64_t probes = run.network.sent("watcher", name) - sent_before - calls;
    if (probes > c.probe_bound(span))
        run.unsafe("a storm of " + std::to_string(probes) + " probes to a node that is cut off");
    for (std::size_t i = 0; i < c.size(); ++i) {
        if (i != victim && !c.is_up(i)) run.unsafe("node-" + std::to_string(i) + " was not cut off and is not up");
    }
    mend(run, name);
    const std::uint64_t answered = watcher.calls_answered();
    run.expect_within(c.return_bound(falls), name + " is back", [&] { return c.is_up(victim); });
    run.expect_within(watcher.breaker_options().longest_pause + 1s, "calls go through again",
                      [&] { return watcher.calls_answered() > answered + 20; });
}

// The wire is open for too short a time to prove anything once the node has fallen three times.
void flapping(Run& run, WatchedCluster& c, std::size_t victim) {
    const std::string name = "node-" + std::to_string(victim);
    const std::chrono::nanoseconds open =
        std::chrono::nanoseconds(c.options().interval) * (4 * c.options().recovery_threshold - 1) * 8 / 100;
    const env::Monotonic began = run.world.now();
    const std::uint64_t calls_before = c.watcher().calls_sent();
    const std::uint64_t sent_before = run.network.sent("watcher", name);
    std::uint32_t falls = 0;
    bool was_up = c.is_up(victim);
    for (int turn = 0; turn < 10 && !run.failed(); ++turn) {
        for (const bool whole : {false, true}) {
            if (whole) mend(run, name);
            else cut(run, name, run.below(3));
            const env::Monotonic until = run.world.now() + (whole ? open : c.notice_bound());
            while (run.world.now() < until && run.world.run_for(10ms)) {
                if (was_up && c.seen(victim) == NodeState::Down) ++falls;
                was_up = c.is_up(victim);
            }
        }
    }
    if (falls > 3) run.unsafe(name + " flapped " + std::to_string(falls) + " times: hysteresis does not hold");
    const std::uint64_t probes =
        run.network.sent("watcher", name) - sent_before - (c.watcher().calls_sent() - calls_before);
    if (probes > c.probe_bound(run.world.now() - began))
        run.unsafe("a storm of " + std::to_string(probes) + " probes to a flapping node");
    mend(run, name);
    run.expect_within(c.return_bound(4), name + " is back after flapping", [&] { return c.is_up(victim); });
}

// A node that is slow but within the timeout stays up; a clogged wire delivers late and harms nobody for good.
void slow_and_clogged(Run& run, WatchedCluster& c, std::size_t victim) {
    const std::string name = "node-" + std::to_string(victim);
    run.network.slow(name, c.options().timeout / 2);
    const auto until = run.world.now() + 5 * c.options().interval;
    while (run.world.now() < until && run.world.run_for(50ms)) {
        if (c.seen(victim) == NodeState::Down) run.unsafe(name + " is slow but answers in time, and was called down");
    }
    run.network.heal();
    run.network.clog(name, run.world.now() + run.between(0ms, 30s));
    run.world.run_for(31s);
    run.expect_within(c.return_bound(4) + c.options().timeout, name + " is back after the clog",
                      [&] { return c.is_up(victim); });
}

}  // namespace

void play_partition(Run& run) {
    WatchedCluster c(run);
    const std::size_t victim = run.below(c.size());
    run.expect_within(300ms, "the cluster is ready", [&] { return c.all_up(); });
    if (!run.failed() && run.chance(0.3)) slow_and_clogged(run, c, victim);
    if (!run.failed()) {
        run.world.run_for(c.options().interval * 15);  // calm: earlier falls are forgiven
        c.watcher().call_all_the_time(NodeId{"node-" + std::to_string(victim)}, kCallers);
        run.world.run_for(run.between(100ms, 10s));
    }
    for (std::uint32_t fall = 1; fall <= 2 && !run.failed(); ++fall) one_long_cut(run, c, victim, fall);
    if (!run.failed() && run.chance(0.5)) flapping(run, c, victim);
    run.end();
}

}  // namespace miroir::sim
