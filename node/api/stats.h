// What an index counts about itself, as /stats shows it.
#pragma once

#include "json/value.h"
#include "node/tasks/world.h"
#include "protocol/instance/stats.h"

namespace miroir::node {

json::Value index_stats(const World& world, std::string_view uid, const StoredIndex& stored,
                        const protocol::StatsQuery& query);

}  // namespace miroir::node
