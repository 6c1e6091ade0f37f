// Writes in a storm: requests are lost on either way, doubled and late; nodes and the orchestrator die at any moment,
// the orchestrator also at each write of its store. Afterwards nothing that was acknowledged may be missing.
#include "sim/scenarios/scenarios.h"
#include "sim/scenarios/write_cluster.h"

namespace miroir::sim {
namespace {

using namespace std::chrono_literals;

// Health workers find their nodes again, hints go out one after another, tasks are asked for.
constexpr auto kRest = 60s;

constexpr auto kLook = 2s;  // longer than the mender's pause between two looks at the nodes

WriteClusterOptions draw_cluster(Run& run) {
    WriteClusterOptions options;
    options.groups = 1 + static_cast<std::uint32_t>(run.below(2));
    options.replicas = 1 + static_cast<std::uint32_t>(run.below(3));
    if (options.groups == 2 && options.replicas == 3) options.replicas = 2;
    options.spare_nodes = static_cast<std::uint32_t>(run.below(2));
    if (options.groups * (options.replicas + options.spare_nodes) < 3) options.spare_nodes += 2;
    options.indexes = 1 + run.below(2);
    if (run.chance(0.5)) options.node_tasks_kept = run.below(40);
    return options;
}

void draw_weather(Run& run) {
    NetworkOptions& weather = run.network.options;
    weather.delay_shape = static_cast<DelayShape>(run.below(3));
    if (run.chance(0.5)) weather.loss_before = 0.1 * run.unit();
    if (run.chance(0.5)) weather.loss_after = 0.1 * run.unit();
    if (run.chance(0.5)) weather.duplicate = 0.1 * run.unit();
    if (run.chance(0.3)) weather.truncate = 0.05 * run.unit();
    if (run.chance(0.3)) weather.burst = 0.02 * run.unit();
}

void arm_store(Run& run, WriteCluster& c) {
    c.store().dies_at = c.store().writes + 1 + run.below(30);
    c.store().dies_after = run.chance(0.5);
}

void strike(Run& run, WriteCluster& c) {
    Host& victim = c.node(run.below(c.size()));
    switch (run.below(6)) {
        case 0: victim.kill(run.chance(0.5)); break;
        case 1: run.network.block_both("scribe", victim.name()); break;
        case 2: run.network.block(victim.name(), "scribe"); break;
        case 3: run.network.clog(victim.name(), run.world.now() + run.between(10ms, 3000ms)); break;
        case 4: arm_store(run, c); break;
        default: c.scribe_host().kill(run.chance(0.5)); break;
    }
}

// A machine comes back with an empty disk, or with what it had some time ago. Once in a run: while fewer copies are
// lost than there are, nothing may be.
class Robber {
public:
    explicit Robber(WriteClusterOptions options) : may_(options.groups * options.replicas > 1) {}
    void remember(Run& run, WriteCluster& c) {
        if (!may_ || victim_ || !run.chance(0.3)) return;
        victim_ = &c.node(run.below(c.size()));
        older_ = run.chance(0.5) ? victim_->disk().copy() : Disk::Copy();
    }
    void rob(Run& run) {
        if (!may_ || !victim_ || !run.chance(0.5)) return;
        if (victim_->alive()) victim_->kill(run.chance(0.5));
        victim_->disk().replace(older_);
        if (run.chance(0.5)) victim_->start();  // before anybody noticed
        may_ = false;
    }

private:
    bool may_;
    Host* victim_ = nullptr;
    Disk::Copy older_;
};

void mend(Run& run, WriteCluster& c, double share) {
    for (std::size_t i = 0; i < c.size(); ++i) {
        const std::string& name = c.node(i).name();
        if (!c.node(i).alive() && run.chance(share)) c.node(i).start();
        if (run.chance(share)) {
            run.network.unblock("scribe", name);
            run.network.unblock(name, "scribe");
        }
    }
    if (!c.scribe_host().alive() && run.chance(share)) c.scribe_host().start();
}

}  // namespace

// The first thing seeds found: a task was written down, the process died before or amid sending, and the nodes that
// had not got their part never did. Now the process dies at each write of its store in turn.
void play_half_sent(Run& run) {
    WriteClusterOptions options;
    options.replicas = 1 + static_cast<std::uint32_t>(run.below(3));
    options.settings = false;
    WriteCluster c(run, options);
    run.world.run_for(1s);
    c.write_one(0, ModelWrite::Kind::Replace, {0, 1, 2, 3, 4, 5, 6, 7});
    run.world.run_for(1s);
    c.store().dies_at = c.store().writes + 1 + run.below(4);
    c.store().dies_after = run.chance(0.5);
    c.write_one(0, ModelWrite::Kind::Merge, {4, 5, 6, 7, 8, 9, 10, 11});
    run.world.run_for(1s);
    if (!c.scribe_host().alive()) c.scribe_host().start();
    c.store().dies_at = 0;
    c.expect_calm(kRest);
    c.check_all();
    run.end();
}

// A store that refuses the commit that ends a task must not let the next task of the index end before it: settings were
// lost when the index came into being behind them.
void play_refused_end(Run& run) {
    WriteClusterOptions options;
    options.replicas = 1 + static_cast<std::uint32_t>(run.below(2));
    WriteCluster c(run, options);
    run.world.run_for(1s);
    c.write_one(0, ModelWrite::Kind::Replace, {0, 1, 2, 3});
    c.write_one(0, ModelWrite::Kind::Settings, {});
    run.world.run_for(run.between(1ms, 20ms));
    c.store().refused = 0.5;
    run.world.run_for(2s);
    c.store().refused = 0;
    c.scribe_host().kill();
    c.scribe_host().start();
    c.expect_calm(kRest);
    c.check_all();
    run.end();
}

// The whole disk of a node is gone, or an older one is back, while it is away or under writes.
void play_robbed(Run& run) {
    WriteClusterOptions options;
    options.replicas = 2;
    options.groups = 1 + static_cast<std::uint32_t>(run.below(2));  // with two, the last node holds no shard at all
    WriteCluster c(run, options);
    run.world.run_for(500ms);
    c.write_every(run.between(20ms, 100ms));
    run.world.run_for(run.between(100ms, 2000ms));
    Host& victim = c.node(run.below(c.size()));
    const Disk::Copy older = run.chance(0.5) ? victim.disk().copy() : Disk::Copy();
    run.world.run_for(run.between(100ms, 2000ms));
    victim.kill(run.chance(0.5));
    victim.disk().replace(older);
    if (run.chance(0.5)) run.world.run_for(run.between(10ms, 3000ms));
    victim.start();
    run.world.run_for(run.between(10ms, 3000ms));
    c.stop_writing();
    run.world.run_for(kLook);
    c.expect_calm(kRest);
    c.check_all();
    run.end();
}

void play_writes(Run& run) {
    const WriteClusterOptions options = draw_cluster(run);
    WriteCluster c(run, options);
    Robber robber(options);
    run.world.run_for(run.between(0ms, 500ms));
    c.write_every(run.between(20ms, 200ms));
    draw_weather(run);
    if (run.chance(0.3)) c.store().refused = 0.05 * run.unit();
    const std::uint64_t strikes = run.below(12);
    for (std::uint64_t i = 0; i < strikes && !run.failed(); ++i) {
        run.world.run_for(run.between(10ms, 1500ms));
        robber.remember(run, c);
        strike(run, c);
        run.world.run_for(run.between(10ms, 1500ms));
        robber.rob(run);
        mend(run, c, 0.5);
    }
    run.world.run_for(run.between(10ms, 2000ms));
    c.stop_writing();
    c.store().dies_at = 0;
    c.store().refused = 0;
    run.network.heal();
    mend(run, c, 1.0);
    run.world.run_for(kLook);
    c.expect_calm(kRest);
    c.check_all();
    c.check_places_are_kept(kRest);
    run.end();
}

}  // namespace miroir::sim
