#include "quorum/repair/census.h"

#include <algorithm>

#include "cluster/reserved.h"
#include "json/members.h"
#include "json/parse.h"
#include "json/write.h"

namespace miroir::quorum {
namespace {

constexpr std::string_view kTable = "shard_counts";  // index → documents by shard

std::string record_of(const std::vector<std::uint64_t>& counts) {
    json::Array out;
    for (const std::uint64_t count : counts) out.emplace_back(count);
    return json::to_text(json::Value(std::move(out)));
}

}  // namespace

std::uint64_t IndexCount::unlabelled() const {
    std::uint64_t labelled = 0;
    for (const auto& [shard, count] : by_shard) labelled += count;
    return documents - std::min(documents, labelled);
}

env::Task<Result<void>> Census::open() {
    const Result<std::vector<tasks::Record>> kept = co_await tasks::read_all(store_, std::string(kTable));
    if (!kept) co_return fail(kept.error());
    for (const tasks::Record& record : *kept) {
        const auto stored = json::parse(record.value);
        if (!stored || !stored->is_array())
            co_return fail(ErrorCode::MiroirStorageFailed, "the counts of shards in the store cannot be read");
        std::vector<std::uint64_t>& counts = last_[record.key];
        for (const json::Value& count : stored->array())
            counts.push_back(count.is_unsigned() ? count.unsigned_integer() : 0);
    }
    board_.set_counts(last_);
    co_return Result<void>{};
}

env::Task<void> Census::run(std::function<cluster::TopologyPtr()> topology, env::Cancel stop) {
    while (!stop.requested()) {
        co_await look_at_all(topology());
        co_await env::sleep_for(env_, options_.every, stop);
    }
}

env::Task<void> Census::look_at_all(cluster::TopologyPtr topology) {
    for (const cluster::Node& node : topology->nodes()) {
        if (node.readable()) co_await look(node);
    }
    std::erase_if(nodes_, [&](const auto& known) { return !topology->find(known.first); });
    co_await keep(topology);
}

env::Task<bool> Census::look(cluster::Node node) {
    const json::Value body = co_await writer_.link(node.id).look(node.address, "/stats");
    const json::Value* indexes = body.find("indexes");
    if (indexes == nullptr || !indexes->is_object()) co_return false;
    const plan::CatalogPtr catalog = catalog_.committed();
    Known next;
    next.count.database_bytes = number_at(body, "databaseSize");
    for (const auto& [uid, stats] : indexes->object()) {
        const plan::IndexPtr index = catalog->find(IndexUid{uid});
        IndexCount count{.by_shard = {},
                         .documents = number_at(stats, "numberOfDocuments"),
                         .document_bytes = number_at(stats, "avgDocumentSize")};
        if (index) {
            const Known& before = nodes_[node.id];
            const auto epoch = before.epochs.find(index->uid);
            const auto known = before.count.indexes.find(index->uid);
            const bool same = epoch != before.epochs.end() && epoch->second == index->epoch &&
                              known != before.count.indexes.end() && known->second.documents == count.documents;
            if (same) count.by_shard = known->second.by_shard;
            const bool counted = same || co_await count_shards(node, index, count);
            if (counted) next.epochs[index->uid] = index->epoch;
        }
        next.count.indexes[IndexUid{uid}] = std::move(count);
    }
    nodes_[node.id] = std::move(next);
    co_return true;
}

env::Task<bool> Census::count_shards(cluster::Node node, plan::IndexPtr index, IndexCount& count) {
    json::Object question{{"limit", 0}, {"facets", json::Array{std::string(cluster::kShardField)}}};
    const std::string target = "/indexes/" + index->uid.value + "/search";
    const json::Value body = co_await writer_.link(node.id).look(node.address, target, std::move(question));
    const json::Value* facets = body.find("facetDistribution");
    const json::Value* labels = facets != nullptr ? facets->find(cluster::kShardField) : nullptr;
    if (facets == nullptr) co_return false;
    if (labels == nullptr || !labels->is_object()) co_return true;  // nobody carries the field
    for (const auto& [label, documents] : labels->object()) {
        const auto shard = cluster::shard_of_label(label);
        if (shard && documents.is_unsigned()) count.by_shard[*shard] = documents.unsigned_integer();
    }
    co_return true;
}

const NodeCount* Census::of(const NodeId& node) const {
    const auto found = nodes_.find(node);
    return found == nodes_.end() ? nullptr : &found->second.count;
}

// Replicas that are behind or being filled say too little. What is lost keeps its number, so that it can be named.
env::Task<void> Census::keep(cluster::TopologyPtr topology) {
    tasks::Batch batch;
    CountsByIndex next = last_;
    for (const auto& [uid, index] : catalog_.committed()->indexes) {
        std::vector<std::uint64_t>& counts = next[uid.value];
        counts.resize(index->shards);
        const std::vector<ShardId> lost = board_.current()->lost_of(uid.value);
        for (std::uint32_t s = 0; s < index->shards; ++s) {
            if (std::ranges::binary_search(lost, ShardId{s})) continue;
            std::optional<std::uint64_t> most;
            for (const cluster::Replica& replica : topology->replicas_of(ShardId{s})) {
                const cluster::Node& node = topology->node(replica.node);
                const auto known = nodes_.find(node.id);
                if (replica.role != cluster::ReplicaRole::Serving || !node.readable() || known == nodes_.end())
                    continue;
                if (writer_.hints().any(node.id) || writer_.debts().lacks(node.id, uid, {ShardId{s}})) continue;
                const auto count = known->second.count.indexes.find(uid);
                if (count == known->second.count.indexes.end() || !known->second.epochs.contains(uid)) continue;
                const auto here = count->second.by_shard.find(ShardId{s});
                const std::uint64_t documents = here == count->second.by_shard.end() ? 0 : here->second;
                most = std::max(most.value_or(0), documents);
            }
            if (most) counts[s] = *most;
        }
        const auto before = last_.find(uid.value);
        if (before == last_.end() || before->second != counts)
            batch.put(std::string(kTable), uid.value, record_of(counts));
    }
    for (const auto& [uid, counts] : last_) {
        if (catalog_.projected().find(IndexUid{uid}) != nullptr || catalog_.committed()->find(IndexUid{uid})) continue;
        batch.erase(std::string(kTable), uid);
        next.erase(uid);
    }
    if (batch.empty()) co_return;
    const Result<void> kept = co_await store_.commit(std::move(batch));
    if (!kept) co_return;
    last_ = std::move(next);
    board_.set_counts(last_);
}

std::uint64_t Census::documents_of(ShardId shard) const {
    std::uint64_t out = 0;
    for (const auto& [uid, counts] : last_) out += shard.value < counts.size() ? counts[shard.value] : 0;
    return out;
}

// An index takes more room than its documents; how much more, the databases say.
double Census::room_for_a_byte() const {
    constexpr double kSmall = 1e6;  // below, a database is mostly empty room
    constexpr double kMost = 8;
    constexpr double kUsual = 3;
    double databases = 0;
    double documents = 0;
    for (const auto& [node, known] : nodes_) {
        databases += static_cast<double>(known.count.database_bytes);
        for (const auto& [uid, count] : known.count.indexes)
            documents += static_cast<double>(count.documents * count.document_bytes);
    }
    return documents < kSmall ? kUsual : std::clamp(databases / documents, 1.0, kMost);
}

std::uint64_t Census::bytes_of(ShardId shard) const {
    std::uint64_t out = 0;
    for (const auto& [uid, counts] : last_) {
        if (shard.value >= counts.size()) continue;
        std::uint64_t each = 0;
        for (const auto& [node, known] : nodes_) {
            const auto count = known.count.indexes.find(IndexUid{uid});
            if (count != known.count.indexes.end()) each = std::max(each, count->second.document_bytes);
        }
        out += counts[shard.value] * each;
    }
    return static_cast<std::uint64_t>(static_cast<double>(out) * room_for_a_byte());
}

}  // namespace miroir::quorum
