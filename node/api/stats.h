// What an index counts about itself, as /stats shows it.
#pragma once

#include "base/result.h"
#include "json/value.h"
#include "node/tasks/world.h"

namespace miroir::node {

struct StatsQuery {
    bool internal_sizes = false;
    bool human = false;
};
Result<StatsQuery> parse_stats_query(std::string_view raw_query);
json::Value size_value(std::uint64_t bytes, const StatsQuery& query);
json::Value index_stats(const World& world, std::string_view uid, const StoredIndex& stored, const StatsQuery& query);

}  // namespace miroir::node
