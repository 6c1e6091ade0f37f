// Equal searches share one answer while it is made: see scatter/single_flight.h. Equal is the whole query, a tenant's
// filter included, over the same state of the same index, so that nobody sees what he may not see, nor misses a write
// that had ended before he asked.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api/read/search_run.h"
#include "scatter/single_flight.h"

namespace miroir::api {

using SharedOutcome = std::shared_ptr<const Result<SearchOutcome>>;

// All that the answer depends on.
std::string flight_key(const SearchWish& wish);

// What a search for values of a facet found.
struct FacetAnswer {
    json::Array hits;
    std::vector<ShardId> missing;
    std::optional<http::Reply> refusal;
};
using SharedFacets = std::shared_ptr<const Result<FacetAnswer>>;

class SearchFlights {
public:
    SearchFlights(env::Env env, CoalescingOptions options, env::Metrics& metrics);

    env::Task<SharedOutcome> run(Desk& desk, SearchWish wish);
    // `work` outlives what it gives.
    using CountFacets = std::function<env::Task<Result<FacetAnswer>>(http::Call)>;
    env::Task<SharedFacets> run_facets(std::string key, http::Call call, CountFacets work);

private:
    // Another's answer, if there is one.
    template <class Outcome>
    bool is_shared(const Outcome& flown);

    bool enabled_;
    scatter::SingleFlight<Result<SearchOutcome>> flights_;
    scatter::SingleFlight<Result<FacetAnswer>> facet_flights_;
    env::Counter& subscribers_;
    env::Counter& hits_;
};

// run_search(), perhaps together with others.
env::Task<SharedOutcome> share_search(Desk& desk, SearchWish wish);
// The refusal as a reply of its own.
http::Reply copy_of(const http::Reply& refusal);
http::Reply refusal_of(const SearchOutcome& outcome);

}  // namespace miroir::api
