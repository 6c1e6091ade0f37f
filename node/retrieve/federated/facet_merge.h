// Facets of several indexes after the hits are merged: what distinct threw out is taken away, and one map is made of
// all if the request wants that.
#pragma once

#include "node/retrieve/federated/federation.h"

namespace miroir::node {

// Counts every value of the hits once less; values that nobody has any more disappear.
void remove_hits(Facets& facets, const std::vector<Hit>& hits);

void finish_facets(FederatedOutcome& outcome, const protocol::Federation& federation,
                   const std::map<std::string, std::pair<std::string, protocol::FacetOrder>>& orders,
                   std::map<std::string, std::vector<Hit>>& rejected);

}  // namespace miroir::node
