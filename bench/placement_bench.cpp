// Routing: primary keys → shards → nodes. The budget: 10,000 ids over 64 shards and 3 nodes in less than 0.25 ms.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "cluster/cover.h"
#include "cluster/topology.h"

namespace {

using namespace miroir;
using namespace miroir::cluster;

TopologyPtr cluster_of(std::uint32_t nodes, std::uint32_t replicas, std::uint32_t shards) {
    TopologySpec spec{.nodes = {}, .shards = shards, .replicas = replicas};
    for (std::uint32_t i = 0; i < nodes; ++i) {
        const std::string name = "node-" + std::to_string(i);
        spec.nodes.push_back({.id = {name}, .address = "http://" + name + ":7700", .group = {0}, .zone = {}});
    }
    TopologyPtr topology = make_topology(spec).value();
    for (const NodeSpec& node : spec.nodes) {
        topology = with_node_event(*topology, node.id, NodeEvent::Answered).value();
        topology = with_node_event(*topology, node.id, NodeEvent::Vouched).value();
    }
    return topology;
}

std::vector<std::string> keys(std::size_t count) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back("package-" + std::to_string(i * 7919));
    return out;
}

// What a write does for each document: its shard, then every replica's list of documents.
void route_10k(benchmark::State& state) {
    const auto nodes = static_cast<std::uint32_t>(state.range(0));
    const TopologyPtr topology = cluster_of(nodes, static_cast<std::uint32_t>(state.range(1)), 64);
    const std::vector<std::string> ids = keys(10'000);
    std::vector<std::vector<std::uint32_t>> by_node(nodes);
    for (auto _ : state) {
        for (auto& list : by_node) list.clear();
        for (std::uint32_t i = 0; i < ids.size(); ++i) {
            for (const Replica& r : topology->replicas_of(shard_of(ids[i], 64))) by_node[r.node].push_back(i);
        }
        benchmark::DoNotOptimize(by_node);
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations() * 10'000);
}
BENCHMARK(route_10k)->Args({3, 1})->Args({3, 2})->Args({9, 3})->Unit(benchmark::kMillisecond);

void cover_of_a_read(benchmark::State& state) {
    const TopologyPtr topology = cluster_of(3, static_cast<std::uint32_t>(state.range(0)), 64);
    std::uint64_t seed = 0;
    for (auto _ : state) benchmark::DoNotOptimize(cover(*topology, {.seed = ++seed}));
}
BENCHMARK(cover_of_a_read)->Arg(1)->Arg(2)->Unit(benchmark::kMicrosecond);

void next_snapshot(benchmark::State& state) {
    const TopologyPtr topology = cluster_of(static_cast<std::uint32_t>(state.range(0)), 2, 64);
    const NodeId node{"node-0"};
    for (auto _ : state) benchmark::DoNotOptimize(with_node_event(*topology, node, NodeEvent::Failed));
}
BENCHMARK(next_snapshot)->Arg(3)->Arg(60)->Unit(benchmark::kMicrosecond);

void ideal(benchmark::State& state) {
    const TopologyPtr topology = cluster_of(static_cast<std::uint32_t>(state.range(0)), 2, 64);
    for (auto _ : state) benchmark::DoNotOptimize(ideal_placement(*topology));
}
BENCHMARK(ideal)->Arg(3)->Arg(60)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
