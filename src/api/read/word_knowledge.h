// Which words of a query nodes have indexed: each ranks by those it knows.
#pragma once

#include <set>

#include "api/read/search_leg.h"

namespace miroir::api {

// Whether a document begins with the query, a node asks of the words that it knows. Do those that found such documents
// (`judges`) know all that any of the nodes does, so that they judge as one node would? False also when that cannot be
// found out.
env::Task<bool> know_all(LegPlace place, std::vector<cluster::NodeIndex> nodes, std::set<cluster::NodeIndex> judges);

}  // namespace miroir::api
