// Which fields the nodes of an index know. A node learns a field with the first document that has it and never forgets
// it; what one node that holds everything knows is what any of them does.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "api/read/cover_round.h"

namespace miroir::api {

// Of these fields the ones that some node knows.
env::Task<Result<std::set<std::string>>> known_fields(RoundPlace place, std::set<std::string> fields);

// The filter as nodes are to be asked; see plan::node_filter().
env::Task<Result<std::optional<json::Value>>> filter_for_nodes(RoundPlace place, std::optional<json::Value> filter);

}  // namespace miroir::api
