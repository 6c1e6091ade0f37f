// A Miroir is cut off, another is started with a copy of its store, and the first one comes back: nodes take writes
// from the second one only, and who asks the first one is told so.
#include "json/write.h"
#include "sim/scenarios/acts.h"
#include "sim/scenarios/scenarios.h"

namespace miroir::sim {
namespace {

using namespace std::chrono_literals;

void cut_off(Run& run, WriteCluster& c) {
    for (std::size_t i = 0; i < c.size(); ++i) run.network.block_both(c.scribe_host().name(), c.node(i).name());
}

bool is_replaced(Host& host) {
    return host.alive() && host.app<Scribe>().open() && !host.app<Scribe>().office().claim().holds();
}

bool all_are_there(WriteCluster& c) {
    if (!c.writing()) return false;
    const cluster::TopologyPtr topology = c.scribe().topology().current();
    return std::ranges::all_of(topology->nodes(), [](const cluster::Node& node) { return node.writable(); });
}

env::Task<void> try_to_write(Run& run, Host& host, int number) {
    const json::Value body = json::Array{json::Object{{"id", number}, {"v", "from who was replaced"}}};
    quorum::Documents documents;
    documents.primary_key = "id";
    documents.bytes = std::make_shared<const std::string>(json::to_text(body));
    documents.payload = protocol::read_payload(*documents.bytes, {}, documents.primary_key).value();
    IndexUid index{"index0"};
    const Result<quorum::Receipt> receipt =
        co_await host.app<Scribe>().office().add_documents(std::move(index), std::move(documents));
    if (receipt) run.unsafe("who was replaced has acknowledged a write");
}

}  // namespace

void play_two_miroirs(Run& run) {
    WriteClusterOptions options = small_cluster(run);
    options.newcomers = 0;
    options.spare_nodes = static_cast<std::uint32_t>(run.below(2));
    WriteCluster c(run, options);
    begin(run, c);
    if (run.chance(0.5)) {  // which leaves something to do for both
        Host& node = c.node(run.below(c.initial()));
        node.kill(run.chance(0.5));
        run.world.run_for(run.between(10ms, 3000ms));
        node.start();
    }
    cut_off(run, c);
    c.stop_writing();
    run.world.run_for(4s);  // what was under way is over
    Host& old = c.stand_in();
    if (run.chance(0.5)) run.network.heal();
    run.world.run_for(run.between(0ms, 3000ms));
    c.write_every(run.between(10ms, 80ms));
    const bool starts_again = run.chance(0.3);
    if (starts_again) old.kill(run.chance(0.5));
    run.world.run_for(run.between(0ms, 3000ms));
    run.network.heal();
    run.expect_within(30s, "the second one has all nodes", [&c] { return all_are_there(c); });
    if (starts_again) old.start();
    else run.expect_within(20s, "the first one is told", [&old] { return is_replaced(old); });
    for (int i = 0; i < 20 && !run.failed(); ++i) {
        run.world.run_for(run.between(10ms, 500ms));
        const bool opens = old.alive() && old.app<Scribe>().open();
        if (opens) env::spawn(old.life(), try_to_write(run, old, 900 + i));
    }
    finish(run, c);
}

}  // namespace miroir::sim
