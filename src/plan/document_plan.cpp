#include "plan/document_plan.h"

#include <bit>

#include "cluster/reserved.h"
#include "json/value.h"
#include "json/write.h"

namespace miroir::plan {
namespace {

constexpr std::string_view kTailEnd = "\"}\n";

bool takes_writes(const cluster::Topology& topology, const cluster::Replica& replica) {
    return replica.role != cluster::ReplicaRole::Leaving &&
           topology.node(replica.node).standing.role != cluster::NodeRole::Removed;
}

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

// The object up to where another member can follow.
std::string_view opened(std::string_view object) {
    object.remove_suffix(1);  // '}'
    while (is_blank(object.back())) object.remove_suffix(1);
    return object;
}

// What is the same for all documents of a shard.
struct ShardWay {
    std::string tail{};           // the reserved fields up to the digits of the stamp
    std::vector<NodeBody*> to{};  // one a replica
    std::size_t documents = 0;
    std::size_t bytes = 0;  // of their texts
};

std::string tail_of(ShardId shard) {
    return ",\"" + std::string(cluster::kShardField) + "\":\"" + cluster::shard_label(shard) + "\",\"" +
           std::string(cluster::kStampField) + "\":\"";
}

// An open table: a set of the standard library would cost as much as all the rest of the splitting.
std::size_t count_distinct(std::span<const std::string> ids) {
    std::vector<std::uint32_t> table(std::bit_ceil(ids.size() * 2 + 1), 0);  // 0: free, else place + 1
    std::size_t distinct = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        std::size_t slot = std::hash<std::string_view>()(ids[i]) & (table.size() - 1);
        while (table[slot] != 0 && ids[table[slot] - 1] != ids[i]) slot = (slot + 1) & (table.size() - 1);
        if (table[slot] != 0) continue;
        table[slot] = static_cast<std::uint32_t>(i + 1);
        ++distinct;
    }
    return distinct;
}

// Room for all lines at once: growing would copy a large batch again and again.
void prepare(DocumentPlan& plan, std::vector<ShardWay>& ways, const cluster::Topology& topology) {
    const std::size_t stamp_size = cluster::stamp_text(0).size() + kTailEnd.size();
    std::map<cluster::NodeIndex, std::size_t> sizes;
    for (std::uint32_t i = 0; i < ways.size(); ++i) {
        ShardWay& way = ways[i];
        if (way.documents == 0) continue;
        way.tail = tail_of(ShardId{i});
        plan.shards.push_back(ShardId{i});
        for (const cluster::Replica& replica : topology.replicas_of(ShardId{i})) {
            if (!takes_writes(topology, replica)) continue;
            NodeBody& body = plan.bodies[replica.node];
            body.shards.push_back(ShardId{i});
            body.documents += way.documents;
            way.to.push_back(&body);
            sizes[replica.node] += way.bytes + way.documents * (way.tail.size() + stamp_size);
        }
    }
    for (auto& [node, body] : plan.bodies) body.ndjson.reserve(sizes[node]);
}

}  // namespace

DocumentPlan split_documents(const protocol::Payload& payload, std::span<const std::string> ids,
                             std::span<const std::uint64_t> stamps, const cluster::Topology& topology,
                             std::uint32_t shards) {
    DocumentPlan plan;
    plan.distinct = count_distinct(ids);
    std::vector<ShardWay> ways(shards);
    std::vector<std::uint32_t> shard_of(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
        shard_of[i] = cluster::shard_of(ids[i], shards).value;
        ways[shard_of[i]].bytes += payload.documents[i].text.size();
        ++ways[shard_of[i]].documents;
    }
    prepare(plan, ways, topology);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const ShardWay& way = ways[shard_of[i]];
        // A document has a primary key, so something stands before our comma.
        const protocol::DocumentText& document = payload.documents[i];
        const std::string once = document.doubled ? json::to_text(json::Value(protocol::tree_of(document))) : "";
        const std::string_view members = opened(once.empty() ? document.text : std::string_view(once));
        for (NodeBody* body : way.to) {
            body->ndjson.append(members).append(way.tail);
            cluster::append_stamp_text(body->ndjson, stamps[i]);
            body->ndjson.append(kTailEnd);
        }
    }
    return plan;
}

Result<void> refuse_reserved_fields(const protocol::Payload& payload) {
    for (const protocol::DocumentText& document : payload.documents) {
        if (!document.underscored && !document.odd) continue;
        for (const json::Member& member : protocol::tree_of(document)) {
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
            if (takes_writes(topology, replica)) out[replica.node].push_back(shard);
        }
    }
    return out;
}

}  // namespace miroir::plan
