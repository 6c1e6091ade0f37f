#include "plan/document_plan.h"

#include <algorithm>

#include "cluster/reserved.h"
#include "json/write.h"

namespace miroir::plan {
namespace {

// The document as one line, the reserved fields behind its own.
std::string line_of(const json::Object& document, ShardId shard, std::uint64_t stamp) {
    std::string line;
    json::append_text(line, document);
    line.pop_back();
    if (!document.empty()) line += ',';
    line.append("\"").append(cluster::kShardField).append("\":\"").append(cluster::shard_label(shard));
    line.append("\",\"")
        .append(cluster::kStampField)
        .append("\":\"")
        .append(cluster::stamp_text(stamp))
        .append("\"}\n");
    return line;
}

void add_shard(std::vector<ShardId>& shards, ShardId shard) {
    const auto at = std::ranges::lower_bound(shards, shard);
    if (at == shards.end() || *at != shard) shards.insert(at, shard);
}

bool takes_writes(const cluster::Replica& replica) { return replica.role != cluster::ReplicaRole::Leaving; }

}  // namespace

DocumentPlan split_documents(std::span<const json::Object> documents, std::span<const std::string> ids,
                             std::span<const std::uint64_t> stamps, const cluster::Topology& topology,
                             std::uint32_t shards) {
    DocumentPlan plan;
    for (std::size_t i = 0; i < documents.size(); ++i) {
        const ShardId shard = cluster::shard_of(ids[i], shards);
        const std::string line = line_of(documents[i], shard, stamps[i]);
        add_shard(plan.shards, shard);
        for (const cluster::Replica& replica : topology.replicas_of(shard)) {
            if (!takes_writes(replica)) continue;
            NodeBody& body = plan.bodies[replica.node];
            body.ndjson += line;
            add_shard(body.shards, shard);
            ++body.documents;
        }
    }
    return plan;
}

Result<void> refuse_reserved_fields(std::span<const json::Object> documents) {
    for (const json::Object& document : documents) {
        for (const json::Member& member : document) {
            if (!member.first.starts_with(cluster::kReservedPrefix)) continue;
            return fail(ErrorCode::MiroirReservedField,
                        "The field `" + member.first +
                            "` is reserved: names that begin with `_miroir_` belong to Miroir. Rename the field.");
        }
    }
    return {};
}

std::map<cluster::NodeIndex, std::vector<ShardId>> holders_of(const cluster::Topology& topology,
                                                              std::span<const ShardId> shards) {
    std::map<cluster::NodeIndex, std::vector<ShardId>> out;
    for (const ShardId shard : shards) {
        for (const cluster::Replica& replica : topology.replicas_of(shard)) {
            if (takes_writes(replica)) out[replica.node].push_back(shard);
        }
    }
    return out;
}

}  // namespace miroir::plan
