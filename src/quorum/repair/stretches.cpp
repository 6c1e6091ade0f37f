#include "quorum/repair/stretches.h"

#include "cluster/reserved.h"
#include "json/members.h"
#include "plan/shard_clause.h"

namespace miroir::quorum {
json::Value stretch_filter(std::span<const ShardId> shards, const StretchBounds& bounds) {
    json::Array all{plan::shard_clause(shards)};
    if (!bounds.after.empty()) all.push_back(plan::stamp_clause(">", bounds.after));
    if (!bounds.to.empty()) all.push_back(plan::stamp_clause("<=", bounds.to));
    return all;
}

json::Object stretch_question(std::span<const ShardId> shards, const StretchBounds& bounds, std::size_t limit) {
    return {{"filter", stretch_filter(shards, bounds)},
            {"limit", limit},
            {"sort", json::Array{std::string(cluster::kStampField) + ":asc"}}};
}

std::string stamp_of(const json::Value& document) { return text_at(document, cluster::kStampField); }

}  // namespace miroir::quorum
