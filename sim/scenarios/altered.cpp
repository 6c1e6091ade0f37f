// Copies that nobody would miss: documents are changed, taken away, brought back or left on single nodes past Miroir,
// and nodes go for good without a word. Comparing finds what is wrong, puts it right, and does no harm to what is
// being written meanwhile.
#include <algorithm>

#include "cluster/reserved.h"
#include "json/parse.h"
#include "json/write.h"
#include "sim/scenarios/scenarios.h"
#include "sim/scenarios/write_cluster.h"

namespace miroir::sim {

using namespace std::chrono_literals;

void WriteCluster::meddle(std::size_t node, std::size_t index, std::string method, std::string path, json::Value body) {
    if (this->node(node).alive())
        ask(node, method, "/indexes/" + stories_[index]->uid.value + path, json::to_text(body));
}

json::Value WriteCluster::copy_on(std::size_t node, std::size_t index, int id) {
    const Copy copies = documents_on(node, stories_[index]->uid);
    const auto found = copies.find(id);
    return found == copies.end() ? json::Value() : json::Value(found->second);
}

std::vector<std::size_t> WriteCluster::owners_of(int id) {
    const cluster::TopologyPtr topology = scribe().topology().current();
    std::vector<std::size_t> out;
    for (const cluster::Replica& replica :
         topology->replicas_of(cluster::shard_of(std::to_string(id), options_.shards))) {
        for (std::size_t i = 0; i < size(); ++i) {
            if (node(i).name() == topology->node(replica.node).id.value) out.push_back(i);
        }
    }
    return out;
}

void WriteCluster::expect_compared(std::chrono::nanoseconds span) {
    if (run_.failed()) return;
    const std::uint64_t before = scribe().office().anti_entropy().status().passes;
    const auto clean = [this, before] {
        if (!writing()) return false;
        const quorum::AntiEntropy::Status& status = scribe().office().anti_entropy().status();
        return status.passes > before + 1 && status.mismatches_last == 0 && status.shards_not_compared == 0;
    };
    run_.world.run_until(clean, span, 50ms);
    if (!run_.failed() && !clean()) run_.stuck("copies do not come to be found equal");
}

namespace {

WriteClusterOptions compared_cluster(Run& run) {
    WriteClusterOptions options;
    options.groups = 1 + static_cast<std::uint32_t>(run.below(2));
    options.settings = false;  // what changes is not compared, and here settings would change all the time
    options.compare_every = 500ms;
    return options;
}

constexpr int kForeign = 500;

// Everything that can be wrong with the copies of one node: the others are the witnesses.
void meddle_with_all(Run& run, WriteCluster& c) {
    const std::vector<std::size_t> owners = c.owners_of(101);
    const std::size_t victim = owners[run.below(owners.size())];
    int turn = 0;
    for (int id = 101; id <= 111; ++id) {
        const std::vector<std::size_t> others = c.owners_of(id);
        if (std::ranges::find(others, victim) == others.end()) continue;
        switch (turn++ % 3) {
            case 0: c.meddle(victim, 0, "POST", "/documents/delete-batch", json::Array{id}); break;
            case 1: c.meddle(victim, 0, "PUT", "/documents", json::Array{json::Object{{"id", id}, {"v", 999}}}); break;
            default: c.meddle(victim, 0, "POST", "/documents", json::Array{json::Object{{"id", id}, {"v", 998}}});
        }
    }
    // Nobody but this node knows it, and it was never written through Miroir.
    c.meddle(victim, 0, "POST", "/documents", json::Array{json::Object{{"id", kForeign}, {"v", 7}}});
}

// Copies where none ought to be.
void leave_behind(WriteCluster& c, int id) {
    const std::vector<std::size_t> owners = c.owners_of(id);
    const json::Value copy = c.copy_on(owners.front(), 0, id);
    for (std::size_t other = 0; other < c.size(); ++other) {
        if (std::ranges::find(owners, other) == owners.end() && c.is_member(other))
            c.meddle(other, 0, "POST", "/documents", json::Array{copy});
    }
}

// A copy that missed a deletion.
void bring_back(Run& run, WriteCluster& c, int id) {
    const std::vector<std::size_t> owners = c.owners_of(id);
    const std::size_t owner = owners[run.below(owners.size())];
    const json::Value copy = c.copy_on(owner, 0, id);
    c.write_one(0, ModelWrite::Kind::Delete, {id});
    c.expect_calm(60s);
    if (!run.failed()) c.meddle(owner, 0, "POST", "/documents", json::Array{copy});
}

void judge_adoption(Run& run, WriteCluster& c) {
    for (const std::size_t owner : c.owners_of(kForeign)) {
        const json::Value copy = c.copy_on(owner, 0, kForeign);
        if (copy.find(cluster::kShardField) == nullptr || copy.find(cluster::kStampField) == nullptr)
            run.unsafe("a document that was written past Miroir was not taken in: " + json::to_text(copy));
    }
    c.write_one(0, ModelWrite::Kind::Delete, {kForeign});
}

}  // namespace

void play_altered(Run& run) {
    WriteCluster c(run, compared_cluster(run));
    run.world.run_for(500ms);
    c.write_every(run.between(20ms, 80ms));
    run.world.run_for(run.between(300ms, 1500ms));
    // Taken away while everybody writes: what nobody deleted comes back, what somebody deleted does not.
    const std::size_t robbed = run.below(c.initial());
    for (int i = 0; i < 6 && !run.failed(); ++i) {
        json::Array ids;
        for (int n = 0; n < 6; ++n) ids.emplace_back(run.below(24));
        for (int n = 0; n < 30; ++n)
            ids.emplace_back(900 + n);  // by their number nobody takes it for a write of Miroir
        c.meddle(robbed, 0, "POST", "/documents/delete-batch", json::Value(std::move(ids)));
        run.world.run_for(run.between(50ms, 1500ms));
    }
    c.stop_writing();
    c.expect_calm(60s);
    c.expect_compared(60s);
    std::vector<int> still;
    for (int id = 101; id <= 112; ++id) still.push_back(id);
    c.write_one(0, ModelWrite::Kind::Replace, still);
    c.expect_calm(60s);
    c.expect_compared(60s);
    if (run.failed()) return run.end();
    bring_back(run, c, 112);
    c.expect_compared(60s);
    if (!run.failed()) leave_behind(c, 110);
    c.expect_compared(60s);
    if (run.failed()) return run.end();
    meddle_with_all(run, c);
    c.expect_compared(60s);
    if (!run.failed()) judge_adoption(run, c);
    c.expect_calm(60s);
    c.expect_compared(60s);
    c.check_all();
    run.end();
}

void play_watched_over(Run& run) {
    WriteClusterOptions options = compared_cluster(run);
    options.replicas = 1 + static_cast<std::uint32_t>(run.below(3));
    options.settings = run.chance(0.3);
    options.newcomers = 1;
    options.readers = true;
    WriteCluster c(run, options);
    run.world.run_for(500ms);
    c.hold_still({101, 102, 103, 104, 105, 106});
    c.write_every(run.between(10ms, 60ms));
    NetworkOptions& weather = run.network.options;
    if (run.chance(0.5)) weather.loss_before = 0.03 * run.unit();
    if (run.chance(0.5)) weather.loss_after = 0.03 * run.unit();
    for (int i = 0; i < 6 && !run.failed(); ++i) {
        Host& victim = c.node(run.below(c.initial()));
        switch (run.below(5)) {
            case 0: victim.kill(run.chance(0.5)); break;
            case 1: run.network.block_both("scribe", victim.name()); break;
            case 2: c.scribe_host().kill(run.chance(0.5)); break;
            case 3: c.add(c.initial(), 0); break;
            default: break;
        }
        run.world.run_for(run.between(100ms, 3000ms));
        run.network.heal();
        if (!c.scribe_host().alive()) c.scribe_host().start();
        if (!victim.alive()) victim.start();
    }
    run.network.options.loss_before = run.network.options.loss_after = 0;
    c.stop_writing();
    run.expect_within(30s, "the orchestrator opens", [&c] { return c.writing(); });
    c.expect_calm(120s);
    c.expect_compared(120s);
    c.check_all();
    run.end();
}

void play_abandoned(Run& run) {
    WriteClusterOptions options;
    options.groups = 1 + static_cast<std::uint32_t>(run.below(2));
    options.readers = true;
    options.write_off_after = 3s;
    WriteCluster c(run, options);
    run.world.run_for(500ms);
    c.hold_still({101, 102, 103, 104, 105, 106});
    c.write_every(run.between(10ms, 80ms));
    run.world.run_for(run.between(50ms, 1000ms));
    const std::size_t lost = run.below(c.initial());
    c.node(lost).kill(run.chance(0.5));
    run.expect_within(60s, "it is written off", [&] { return c.writing() && !c.is_member(lost); });
    run.world.run_for(run.between(10ms, 2000ms));
    if (run.chance(0.5)) c.node(lost).start();  // too late: nobody asks it any more
    c.stop_writing();
    run.world.run_until([&] { return c.settled(); }, 60s, 50ms);
    c.forget(lost);
    run.world.run_for(2s);  // who looks at copies meanwhile would mistake one node for another
    if (!c.node(lost).alive()) c.node(lost).start();
    c.expect_calm(120s);
    c.check_all();
    run.end();
}

// It was written off and is back, with its old disk, an older one or an empty one: it is emptied and joins again, and
// nothing of what it held is seen, though a part of it has been deleted since.
void play_taken_back(Run& run) {
    WriteClusterOptions options;
    options.groups = 1 + static_cast<std::uint32_t>(run.below(2));
    options.readers = true;
    options.settings = run.chance(0.3);
    options.write_off_after = 3s;
    options.take_back = true;
    WriteCluster c(run, options);
    run.world.run_for(500ms);
    c.hold_still({101, 102, 103, 104, 105, 106});
    c.write_every(run.between(10ms, 80ms));
    run.world.run_for(run.between(50ms, 1000ms));
    const std::size_t lost = run.below(c.initial());
    const Disk::Copy older = c.node(lost).disk().copy();
    run.world.run_for(run.between(50ms, 1000ms));
    c.node(lost).kill(run.chance(0.5));
    run.expect_within(60s, "it is written off", [&] { return c.writing() && !c.is_member(lost); });
    run.world.run_for(run.between(10ms, 4000ms));
    if (run.chance(0.3)) c.node(lost).disk().replace(run.chance(0.5) ? older : Disk::Copy());
    if (run.chance(0.3)) c.scribe_host().kill(run.chance(0.5));
    if (!c.scribe_host().alive()) c.scribe_host().start();
    c.node(lost).start();
    run.world.run_for(run.between(10ms, 2000ms));
    if (run.chance(0.3)) {
        c.scribe_host().kill(run.chance(0.5));
        c.scribe_host().start();
    }
    run.expect_within(60s, "it is taken back", [&] { return c.writing() && c.is_member(lost); });
    c.stop_writing();
    c.expect_calm(120s);
    c.check_all();
    run.end();
}

}  // namespace miroir::sim
