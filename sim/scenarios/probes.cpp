// Nodes die and come back; the watcher notices both in time, calls no healthy node dead, and readiness follows.
#include <algorithm>

#include "sim/scenarios/scenarios.h"
#include "sim/scenarios/watched_cluster.h"

namespace miroir::sim {
namespace {

using namespace std::chrono_literals;
using cluster::NodeState;

void expect_start(Run& run, WatchedCluster& c) {
    // Nobody is asked before time begins, and nobody may be believed in before he is asked.
    if (c.watcher().ready()) run.unsafe("ready before any node was asked");
    run.expect_within(300ms, "the first round makes the cluster ready",
                      [&] { return c.all_up() && c.watcher().ready(); });
}

// While the network is quiet, a node that runs and is well must not be called down.
void watch_for_slander(Run& run, WatchedCluster& c, const std::vector<char>& innocent) {
    run.always(20ms, [&run, &c, &innocent] {
        if (!c.watcher_host().alive() || !run.network.options.quiet()) return;
        for (std::size_t i = 0; i < c.size(); ++i) {
            if (innocent[i] && c.reach(i) == cluster::NodeReach::Down)
                run.unsafe("node-" + std::to_string(i) + " is well and was called down");
        }
    });
}

void one_falls_and_returns(Run& run, WatchedCluster& c, std::vector<char>& innocent,
                           std::vector<std::uint32_t>& falls) {
    const std::size_t victim = run.below(c.size());
    innocent[victim] = 0;
    ++falls[victim];
    const auto way = run.below(4);
    if (way == 0) c.manner(victim).foreign = true;
    else if (way == 1) c.manner(victim).unwell = true;
    else c.node(victim).kill(way == 2);
    const std::string name = "node-" + std::to_string(victim);
    if (!run.expect_within(c.notice_bound(), name + " is called down",
                           [&] { return c.seen(victim) == NodeState::Down; }))
        return;
    const cluster::TopologyPtr hurt = c.watcher().topology().current();
    if (hurt->node(static_cast<cluster::NodeIndex>(victim)).facts.note.empty())
        run.unsafe(name + " is down without a reason");
    if (c.spec().replicas == 1 && hurt->groups() == 1 && c.watcher().ready())
        run.unsafe("ready although a shard has no replica");
    if (c.spec().replicas == 2 && !c.watcher().ready())
        run.unsafe("not ready although every shard has another replica");
    run.world.run_for(run.between(0ms, 30s));
    c.manner(victim) = {};
    if (!c.node(victim).alive()) c.node(victim).start();
    run.expect_within(c.return_bound(falls[victim]), name + " is back", [&] { return c.is_up(victim); });
    if (!c.watcher().ready()) run.unsafe("all are back and it is not ready");
    run.world.run_for(1s);  // a probe that was out while it came back
    innocent[victim] = 1;
}

void odd_version(Run& run, WatchedCluster& c) {
    if (c.size() < 3) return;
    const std::size_t odd = run.below(c.size());
    c.manner(odd).version = "1.49.0";
    const auto turn = c.options().interval * 11 / 10 + 400ms;
    run.expect_within(turn * c.options().version_every + 1s, "the odd version is noted", [&] {
        const cluster::TopologyPtr t = c.watcher().topology().current();
        for (std::size_t i = 0; i < c.size(); ++i) {
            const std::string& note = t->node(static_cast<cluster::NodeIndex>(i)).facts.note;
            if (note.empty() == (i == odd)) return false;
        }
        return c.is_up(odd);  // a note, never fatal
    });
    c.manner(odd).version = "1.50.0";
}

void noise(Run& run) {
    NetworkOptions& options = run.network.options;
    options.loss_before = 0.2 * run.unit();
    options.loss_after = 0.2 * run.unit();
    options.truncate = 0.2 * run.unit();
    options.duplicate = 0.2 * run.unit();
    options.burst = run.chance(0.5) ? 0.05 : 0;
    run.world.run_for(run.between(1s, 60s));
    run.network.heal();
}

}  // namespace

void play_probes(Run& run) {
    WatchedCluster c(run);
    std::vector<char> innocent(c.size(), 1);
    std::vector<std::uint32_t> falls(c.size(), 0);
    expect_start(run, c);
    watch_for_slander(run, c, innocent);
    for (std::uint64_t turn = 1 + run.below(4); turn > 0 && !run.failed(); --turn) {
        run.world.run_for(run.between(0ms, 20s));
        one_falls_and_returns(run, c, innocent, falls);
    }
    if (!run.failed() && run.chance(0.3)) odd_version(run, c);
    if (!run.failed() && run.chance(0.5)) {
        std::ranges::fill(innocent, 0);
        noise(run);
        const std::uint32_t unknown_falls = 4;  // the noise may have thrown each of them often
        run.expect_within(c.return_bound(unknown_falls), "all are up after the noise", [&] { return c.all_up(); });
        run.world.run_for(c.options().timeout);  // what the noise held back has come or was given up
        std::ranges::fill(innocent, 1);
    }
    if (!run.failed() && run.chance(0.5)) {
        c.watcher_host().kill();
        run.world.run_for(run.between(0ms, 5s));
        c.watcher_host().start();
        expect_start(run, c);
    }
    run.end();
}

}  // namespace miroir::sim
