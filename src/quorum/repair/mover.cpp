#include "quorum/repair/mover.h"

#include <algorithm>

namespace miroir::quorum {
namespace {

constexpr int kLooksForCalm = 100;
constexpr std::chrono::milliseconds kLookAgain{2};

std::vector<ShardId> those_of(const plan::IndexEntry& index, const std::vector<ShardId>& shards) {
    std::vector<ShardId> out;
    std::ranges::copy_if(shards, std::back_inserter(out), [&](ShardId shard) { return shard.value < index.shards; });
    std::ranges::sort(out);
    return out;
}

}  // namespace

env::Task<Hints::Places> Mover::pass_all_lanes() {
    for (const IndexUid& index : writer_.indexes_with_lanes()) {
        const env::Lane::Pass pass = co_await writer_.lane(index).enter();
    }
    co_return writer_.hints().next_places();
}

Hints::Places Mover::place_of(const NodeId& node) const {
    const Hints::Places& all = writer_.hints().next_places();
    const auto found = all.find(node);
    return found == all.end() ? Hints::Places() : Hints::Places{*found};
}

// Waits a moment for all lanes to be free at once, so that no writer waits for another index's work; then queues up.
env::Task<std::vector<env::Lane::Pass>> Mover::hold_all_lanes() {
    for (int i = 0; i < kLooksForCalm; ++i) {
        const std::vector<IndexUid> indexes = writer_.indexes_with_lanes();
        const bool calm =
            std::ranges::all_of(indexes, [&](const IndexUid& index) { return writer_.lane(index).is_free(); });
        if (calm) break;
        co_await env::sleep_for(env_, kLookAgain);
    }
    std::vector<env::Lane::Pass> passes;
    for (const IndexUid& index : writer_.indexes_with_lanes()) passes.push_back(co_await writer_.lane(index).enter());
    co_return passes;
}

void Mover::owe(tasks::Batch& batch, const NodeId& node, const std::vector<ShardId>& shards, const std::string& why) {
    for (const auto& [uid, index] : catalog_.projected().indexes) {
        std::vector<ShardId> here = those_of(*index, shards);
        if (here.empty() && !shards.empty()) continue;
        writer_.debts().add(batch, node, uid, std::move(here), why);
    }
}

void Mover::lose(tasks::Batch& batch, const std::vector<ShardId>& shards, const std::string& why) {
    for (const auto& [uid, index] : catalog_.projected().indexes) {
        std::vector<ShardId> here = those_of(*index, shards);
        if (!here.empty()) writer_.debts().lose(batch, uid, std::move(here), why);
    }
}

bool Mover::lacks(const NodeId& node, ShardId shard) const {
    return std::ranges::any_of(writer_.debts().all(), [&](const auto& owed) {
        return owed.first.first == node && std::ranges::binary_search(owed.second.shards, shard);
    });
}

bool Mover::knows_settings(const NodeId& node, ShardId shard) const {
    return std::ranges::none_of(catalog_.committed()->indexes, [&](const auto& index) {
        return shard.value < index.second->shards && index.second->node_versions.contains(node);
    });
}

std::uint32_t Mover::indexes_with(ShardId shard) const {
    return static_cast<std::uint32_t>(std::ranges::count_if(
        catalog_.projected().indexes, [shard](const auto& index) { return shard.value < index.second->shards; }));
}

std::vector<std::uint64_t> Mover::forget(tasks::Batch& batch, const NodeId& node) {
    writer_.witnesses().forget(batch, node);
    return writer_.hints().drop_all(batch, node);
}

void Mover::forgotten(const NodeId& node, const std::vector<std::uint64_t>& places) {
    writer_.witnesses().forgotten_now(node);
    for (const std::uint64_t place : places) writer_.hints().struck(node, place);
}

}  // namespace miroir::quorum
