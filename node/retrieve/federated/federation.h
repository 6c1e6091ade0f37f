// A federated search from its queries to one list of hits. A plain search is a federation of one query.
#pragma once

#include <string>
#include <vector>

#include "json/value.h"
#include "node/retrieve/federated/types.h"
#include "node/retrieve/search.h"

namespace miroir::node {

struct FederatedOutcome {
    std::vector<FederatedHit> hits;  // of the page
    std::uint64_t total = 0;
    bool semantic = false;
    std::uint64_t semantic_hits = 0;
    bool show_query_vectors = false;
    std::map<std::size_t, std::vector<float>> query_vectors;
    std::map<std::string, Facets> facets_by_index;
    std::optional<Facets> merged_facets;
    json::Array metadata;  // one entry for each query
};

// `told_in_full`: a request of the client's own making, whose refusals name members of `federation`.
Answer<FederatedOutcome> federate(const std::vector<protocol::MultiSearchQuery>& queries,
                                  const protocol::Federation& federation, bool told_in_full,
                                  const ReadContext& context);

// limit, offset, estimatedTotalHits or hitsPerPage, page, totalPages, totalHits.
void append_totals(const protocol::Federation& federation, std::uint64_t total, json::Object& out);

// The body of a federated multi-search.
json::Object federated_to_json(FederatedOutcome outcome, const protocol::Federation& federation,
                               const ReadContext& context);

json::Array vector_to_json(const std::vector<float>& vector);

}  // namespace miroir::node
