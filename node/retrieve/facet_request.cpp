#include "node/retrieve/facets/facet_search.h"
#include "node/retrieve/federated/run_query.h"
#include "node/retrieve/filter/evaluate.h"
#include "node/retrieve/refusals.h"
#include "node/retrieve/search.h"
#include "protocol/settings/settings.h"

namespace miroir::node {
namespace {

constexpr std::size_t kDefaultLimit = 20;

// The documents among which values are counted: with a vector in play all that pass the filter, else those that match.
Result<DocIds> matching_documents(const Index& index, std::string_view uid, const protocol::FacetSearchQuery& query,
                                  const ReadContext& context) {
    MIROIR_TRY(const SearchKind kind, search_kind(index, query.search));
    MIROIR_TRY(const auto filter, read_filter(query.search.filter, ErrorCode::InvalidSearchFilter, context,
                                              {.index = &index, .uid = uid}));
    if (kind == SearchKind::Hybrid || (kind == SearchKind::Semantic && query.search.vector)) {
        return evaluate_filter(index, filter, ErrorCode::InvalidSearchFilter);
    }
    const bool exhaustive = query.exhaustive_facet_count.value_or(false);
    const RunRequest request{.query = query.search,
                             .kind = kind,
                             .filter = filter,
                             .sort = {},
                             .distinct = {},
                             .limit = exhaustive ? 0 : kDefaultLimit,
                             .exhaustive = exhaustive};
    MIROIR_TRY(QueryOutcome outcome, run_query(index, "", request));
    return std::move(outcome.found.candidates);
}

}  // namespace

Result<json::Value> facet_search(std::string_view uid, const protocol::FacetSearchQuery& query,
                                 const ReadContext& context) {
    const Index* index = context.find_index(uid);
    if (index == nullptr) return fail(index_not_found(uid));
    if (!index->settings().facet_search) {
        return fail(ErrorCode::FacetSearchDisabled, "The facet search is disabled for this index");
    }
    MIROIR_TRY(const DocIds candidates, matching_documents(*index, uid, query, context));
    MIROIR_CHECK(check_facet_search(*index, query.facet_name));
    json::Array hits;
    for (FacetHit& hit : search_facet(*index, query.facet_name, query.facet_query, candidates)) {
        hits.emplace_back(json::Object{{"value", std::move(hit.value)}, {"count", hit.count}});
    }
    return json::Value(json::Object{{"facetHits", std::move(hits)},
                                    {"facetQuery", query.facet_query ? json::Value(*query.facet_query) : json::Value()},
                                    {"processingTimeMs", context.elapsed_ms()}});
}

}  // namespace miroir::node
