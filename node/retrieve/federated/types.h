// What travels through a federated search: the queries of one index, their merged hits, and faults that know which
// query they are about.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "node/retrieve/facets/distribution.h"
#include "node/retrieve/format/hit_maker.h"
#include "node/retrieve/search.h"
#include "protocol/filter/filter.h"
#include "protocol/query/multi_search.h"
#include "protocol/query/rule_order.h"
#include "protocol/score_details.h"

namespace miroir::node {

struct QueryFault {
    Error error;
    std::optional<std::size_t> query;  // its place in the request
};
template <class T>
using Answer = std::expected<T, QueryFault>;

inline std::unexpected<QueryFault> fault(Error error, std::optional<std::size_t> query) {
    return std::unexpected<QueryFault>(QueryFault{.error = std::move(error), .query = query});
}

struct IndexQuery {
    const protocol::SearchQuery* query = nullptr;
    std::optional<protocol::Filter> filter;
    double weight = 1.0;
    std::size_t place = 0;  // in the request, or as the sender of a proxied request says
};

struct FederatedHit {
    Hit hit;
    std::vector<protocol::WeightedScore> keys;  // what hits are compared by
    double global = 0;                          // weighted
    std::size_t query = 0;
    std::string index;
    std::optional<std::uint32_t> pinned;  // to this place of the whole list, whatever it is worth
};

struct IndexOutcome {
    std::string uid;
    std::optional<std::string> primary_key;
    std::vector<FederatedHit> hits;
    std::vector<FederatedHit> pins;  // not among the hits; query by query
    std::uint64_t total = 0;
    std::optional<Facets> facets;
};

// What the queries of all indexes share while they run one after another.
struct FederationState {
    const protocol::Federation& federation;
    const ReadContext& context;
    std::size_t wanted = 0;     // hits from the first on
    bool told_in_full = false;  // refusals name the member of `federation` they are about
    bool semantic = false;
    std::map<std::size_t, std::vector<float>> query_vectors;
    struct Earlier {
        protocol::RuleOrder order;
        protocol::RuleOrder::Place place;
    };
    std::optional<Earlier> strictest;  // the query with the most rules so far
    // Facet → the first index that has it and its order, when facets are merged.
    std::map<std::string, std::pair<std::string, protocol::FacetOrder>> facet_orders;
};

// Is `left` to come before `right`? Equal scores keep the order of the queries.
bool comes_before(const FederatedHit& left, const FederatedHit& right);

}  // namespace miroir::node
