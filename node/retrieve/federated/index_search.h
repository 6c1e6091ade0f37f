// All queries of a federation over one index: run, merged, each document once, with facets over all candidates.
#pragma once

#include "node/retrieve/federated/types.h"
#include "node/retrieve/search.h"

namespace miroir::node {

using FacetPatterns = std::optional<std::vector<std::string>>;

Answer<IndexOutcome> search_index(FederationState& state, const std::string& uid,
                                  const std::vector<IndexQuery>& queries, const FacetPatterns& facets);

// Facets asked of an index that no query names: nothing is counted, but they are refused like the others.
Result<void> check_unused_facets(FederationState& state, const std::string& uid, const FacetPatterns& facets);

}  // namespace miroir::node
