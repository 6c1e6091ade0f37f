// The filter that keeps a node's answer to the shards it answers for.
#pragma once

#include <optional>
#include <span>

#include "base/ids.h"
#include "json/value.h"

namespace miroir::plan {

// `_miroir_shard IN ["!!!", …]`
json::Value shard_clause(std::span<const ShardId> shards);

// The client's filter and the clause, joined as JSON, never as text.
json::Value with_shard_clause(const std::optional<json::Value>& filter, std::span<const ShardId> shards);

}  // namespace miroir::plan
