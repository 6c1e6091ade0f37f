// Splitting a batch of documents over three nodes: the payload parsed, judged, stamped, and written as one body a node.
// The budget: 400 MB of payload a second on one core.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "cluster/topology.h"
#include "protocol/documents/payload.h"
#include "protocol/documents/primary_key.h"
#include "quorum/orders.h"

namespace {

using namespace miroir;

constexpr std::uint32_t kShards = 64;

cluster::TopologyPtr three_nodes() {
    cluster::TopologySpec spec{.nodes = {}, .shards = kShards, .replicas = 1};
    for (const char* name : {"node-a", "node-b", "node-c"}) {
        spec.nodes.push_back(
            {.id = {name}, .address = "http://" + std::string(name) + ":7700", .group = {0}, .zone = {}});
    }
    return cluster::make_topology(spec).value();
}

std::string payload_of(std::size_t documents) {
    std::string out = "[";
    for (std::size_t i = 0; i < documents; ++i) {
        const std::string number = std::to_string(i * 7919);
        out +=
            (i == 0 ? "" : ",") + (R"({"id":)" + number + R"(,"name":"package-)" + number) +
            R"(","section":"games","maintainer":"Somebody Who Keeps It","summary":"A library of routines that does what )" +
            R"(its name says, and a little more for those who read on","size":12972,"installed":35,"depends":["libc6",)" +
            R"("libgames"],"_geo":{"lat":60.6667,"lng":-33.1765}})";
    }
    return out + "]";
}

protocol::Payload parsed(const std::string& bytes) {
    return protocol::read_payload(bytes, {.format = protocol::PayloadFormat::Json}, "id").value();
}

quorum::DocumentBatch judged(protocol::Payload payload) {
    protocol::BatchVerdict verdict = protocol::judge_batch({.index_key = "id", .asked = {}}, payload).value();
    quorum::DocumentBatch batch;
    batch.payload = std::move(payload);
    batch.ids = std::move(verdict.ids);
    batch.primary_key = "id";
    for (std::size_t i = 0; i < batch.ids.size(); ++i) batch.stamps.push_back(1'700'000'000'000'000 + i);
    return batch;
}

quorum::Order ordered(const cluster::TopologyPtr& topology, const plan::IndexPtr& index,
                      const quorum::DocumentBatch& batch) {
    return quorum::order_documents(topology, {"packages"}, index, batch, kShards);
}

plan::IndexPtr open_index() {
    auto index = std::make_shared<plan::IndexEntry>();
    index->uid = {"packages"};
    index->primary_key = "id";
    index->shards = kShards;
    return index;
}

void say_bytes(benchmark::State& state, const std::string& payload) {
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * payload.size()));
}

// The argument of all: documents in the batch.
void split(benchmark::State& state) {
    const cluster::TopologyPtr topology = three_nodes();
    const plan::IndexPtr index = open_index();
    const std::string payload = payload_of(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        const quorum::Order order = ordered(topology, index, judged(parsed(payload)));
        if (order.write.requests.size() != topology->nodes().size()) state.SkipWithError("a node got nothing");
    }
    say_bytes(state, payload);
}
BENCHMARK(split)->Arg(1000)->Arg(20000)->Unit(benchmark::kMillisecond);

void part_parse(benchmark::State& state) {
    const std::string payload = payload_of(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) benchmark::DoNotOptimize(parsed(payload));
    say_bytes(state, payload);
}
BENCHMARK(part_parse)->Arg(1000)->Unit(benchmark::kMillisecond);

void part_order(benchmark::State& state) {
    const cluster::TopologyPtr topology = three_nodes();
    const plan::IndexPtr index = open_index();
    const std::string payload = payload_of(static_cast<std::size_t>(state.range(0)));
    const quorum::DocumentBatch batch = judged(parsed(payload));
    for (auto _ : state) benchmark::DoNotOptimize(ordered(topology, index, batch));
    say_bytes(state, payload);
}
BENCHMARK(part_order)->Arg(1000)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
