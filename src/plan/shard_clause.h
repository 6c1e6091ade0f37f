// What a filter becomes on its way to a node; the filter that keeps a node's answer to the shards it answers for.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "json/value.h"

namespace miroir::plan {

// `_miroir_shard IN ["!!!", …]`
json::Value shard_clause(std::span<const ShardId> shards);

// `_miroir_order > "…"`
json::Value stamp_clause(std::string_view op, const std::string& stamp);

// The client's filter and the clause, joined as JSON, never as text.
json::Value with_shard_clause(const std::optional<json::Value>& filter, std::span<const ShardId> shards);

// The fields that a filter compares by `!=`.
std::set<std::string> differing_fields(const std::optional<json::Value>& filter);

// The filter as nodes are to be asked: one that has never seen a field finds nothing that differs from a value of it,
// so
// `!=` becomes `NOT =` for the fields that some node knows.
std::optional<json::Value> node_filter(const std::optional<json::Value>& filter, const std::set<std::string>& known);

}  // namespace miroir::plan
