// Documents in which two neighbouring terms stand at a given distance, in either order.
#pragma once

#include "node/search/context.h"

namespace miroir::node {

// `cost` is the distance forwards (more by the words a joined right term replaces); backwards it is one less.
DocIds near_docs(SearchContext& context, const LocatedSubset& left, const LocatedSubset& right, std::uint32_t cost,
                 const DocIds& universe);

}  // namespace miroir::node
