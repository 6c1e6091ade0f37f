// Machines that are started on each other's addresses, as pods are. Nobody has lost anything: nothing is copied,
// nothing is told as lost, no write and no read goes to the wrong one, at any moment.
#include <algorithm>

#include "sim/scenarios/acts.h"
#include "sim/scenarios/scenarios.h"

namespace miroir::sim {
namespace {

using namespace std::chrono_literals;

void check_nobody_is_refilled(Run& run, WriteCluster& c) {
    if (!c.writing()) return;
    for (std::size_t i = 0; i < c.initial(); ++i) {
        if (c.scribe().office().mover().lacks_any(NodeId{c.node(i).name()}))
            run.unsafe(c.node(i).name() + " is to be filled anew, and has only moved");
    }
}

std::vector<Host*> some_of(Run& run, WriteCluster& c) {
    std::vector<Host*> out;
    const std::size_t first = run.below(c.initial());
    const std::size_t count = 2 + run.below(c.initial() - 1);
    for (std::size_t i = 0; i < count; ++i) out.push_back(&c.node((first + i) % c.initial()));
    return out;
}

// Of two that have taken nothing nobody can tell which is which, and nobody needs to.
bool told_apart(WriteCluster& c, const std::vector<Host*>& hosts) {
    const auto has_no_past = [&c](const Host* host) {
        return c.scribe().office().mover().witnesses_of(NodeId{host->name()}).empty();
    };
    return c.writing() && std::ranges::count_if(hosts, has_no_past) <= 1;
}

// All of them die, each is where the one before it was, and they come back one after another, at once or later.
void turn_round(Run& run, const std::vector<Host*>& hosts) {
    for (Host* host : hosts) host->kill(run.chance(0.5));
    if (run.chance(0.5)) run.world.run_for(run.between(0ms, 2500ms));
    for (std::size_t i = 1; i < hosts.size(); ++i) run.network.exchange_names(hosts[0]->name(), hosts[i]->name());
    const bool slowly = run.chance(0.5);
    for (Host* host : hosts) {
        if (slowly) run.world.run_for(run.between(0ms, 1500ms));
        host->start();
    }
}

}  // namespace

void play_exchanged(Run& run) {
    WriteClusterOptions options = small_cluster(run);
    options.newcomers = 0;
    options.spare_nodes = static_cast<std::uint32_t>(run.below(2) + (options.replicas == 1 || run.chance(0.5) ? 1 : 0));
    options.settings = run.chance(0.5);
    WriteCluster c(run, options);
    run.always(10ms, [&] { check_nobody_is_refilled(run, c); });
    if (run.chance(0.2)) {  // some have taken nothing yet
        run.world.run_for(run.between(0ms, 500ms));
        for (std::uint64_t writes = run.below(3); writes > 0; --writes) c.write_something(0);
        run.world.run_for(run.between(0ms, 500ms));
        const std::vector<Host*> hosts = some_of(run, c);
        if (told_apart(c, hosts)) turn_round(run, hosts);
        run.world.run_for(6s);
    }
    begin(run, c);
    for (std::uint64_t turns = 1 + run.below(4); turns > 0 && !run.failed(); --turns) {
        run.world.run_for(run.between(10ms, 3000ms));
        const bool orchestrator = run.chance(0.2);
        if (orchestrator) c.scribe_host().kill(run.chance(0.5));
        turn_round(run, some_of(run, c));
        if (orchestrator) c.scribe_host().start();
    }
    run.world.run_for(run.between(10ms, 3000ms));
    finish(run, c);
}

}  // namespace miroir::sim
