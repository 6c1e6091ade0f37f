#include "plan/shard_clause.h"

#include "cluster/reserved.h"
#include "protocol/filter/filter.h"

namespace miroir::plan {

json::Value shard_clause(std::span<const ShardId> shards) {
    std::string clause(cluster::kShardField);
    clause += " IN [";
    for (const ShardId shard : shards) {
        if (clause.back() != '[') clause += ", ";
        clause.append("\"").append(cluster::shard_label(shard)).append("\"");
    }
    clause += ']';
    return clause;
}

json::Value with_shard_clause(const std::optional<json::Value>& filter, std::span<const ShardId> shards) {
    return protocol::and_filters(filter, shard_clause(shards));
}

}  // namespace miroir::plan
