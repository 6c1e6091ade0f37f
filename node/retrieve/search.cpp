#include "node/retrieve/search.h"

#include <utility>

#include "node/retrieve/federated/federation.h"
#include "protocol/query/multi_search.h"

namespace miroir::node {
namespace {

using protocol::Federation;
using protocol::MultiSearchQuery;

// A plain query as a federation of itself: paging, facets and distinct move to the federation.
std::pair<MultiSearchQuery, Federation> as_federation(const MultiSearchQuery& query) {
    MultiSearchQuery inner = query;
    Federation outer;
    protocol::SearchQuery& search = inner.search;
    outer.limit = search.limit;
    outer.offset = search.offset;
    outer.page = std::exchange(search.page, std::nullopt);
    outer.hits_per_page = std::exchange(search.hits_per_page, std::nullopt);
    outer.distinct = std::exchange(search.distinct, std::nullopt);
    outer.show_performance_details = std::exchange(search.show_performance_details, false);
    outer.personalize_user_context = std::exchange(search.personalize_user_context, std::nullopt);
    const auto facets = std::exchange(search.facets, std::nullopt);
    if (facets && !facets->empty()) outer.facets_by_index[inner.index_uid] = facets;
    inner.given_offset.reset();
    inner.given_limit.reset();
    inner.given_show_performance_details.reset();
    return {std::move(inner), std::move(outer)};
}

json::Object plain_to_json(FederatedOutcome outcome, const MultiSearchQuery& query, const Federation& federation,
                           const ReadContext& context) {
    json::Object body;
    json::Array hits;
    for (FederatedHit& hit : outcome.hits) {
        hit.hit.document.erase("_federation");
        hits.emplace_back(std::move(hit.hit).to_json());
    }
    body.append("hits", std::move(hits));
    body.append("query", query.search.q.value_or(""));
    if (!outcome.query_vectors.empty()) {
        body.append("queryVector", vector_to_json(outcome.query_vectors.rbegin()->second));
    }
    body.append("processingTimeMs", context.elapsed_ms());
    append_totals(federation, outcome.total, body);
    if (!outcome.facets_by_index.empty()) {
        const Facets& facets = outcome.facets_by_index.begin()->second;
        body.append("facetDistribution", distribution_to_json(facets));
        body.append("facetStats", stats_to_json(facets));
    }
    body.append("requestUid", context.request_uid);
    if (!outcome.metadata.empty()) body.append("metadata", std::move(outcome.metadata.back()));
    if (federation.show_performance_details) body.append("performanceDetails", json::Object());
    if (outcome.semantic) body.append("semanticHitCount", outcome.semantic_hits);
    return body;
}

Result<json::Object> plain_search(const MultiSearchQuery& query, const ReadContext& context) {
    auto [inner, federation] = as_federation(query);
    std::vector<MultiSearchQuery> queries;
    queries.push_back(std::move(inner));
    auto outcome = federate(queries, federation, false, context);
    if (!outcome) return fail(std::move(outcome).error().error);
    return plain_to_json(std::move(*outcome), query, federation, context);
}

}  // namespace

Result<json::Value> search(std::string_view uid, const protocol::SearchQuery& query, const ReadContext& context) {
    MultiSearchQuery one;
    one.index_uid = uid;
    one.search = query;
    Result<json::Object> body = plain_search(one, context);
    if (!body) {
        Error error = std::move(body).error();
        if (error.code == ErrorCode::IndexNotFound) error.status = 404;
        return fail(std::move(error));
    }
    return std::move(*body);
}

Result<json::Value> multi_search(const protocol::MultiSearch& request, const ReadContext& context) {
    if (request.federation) {
        auto outcome = federate(request.queries, *request.federation, true, context);
        if (outcome) return federated_to_json(std::move(*outcome), *request.federation, context);
        QueryFault fault = std::move(outcome).error();
        // A filter inside _foreign is refused without a word about the query it stands in.
        const bool is_foreign = fault.error.code == ErrorCode::InvalidDocumentFilter;
        if (fault.query && !is_foreign) return fail(protocol::inside_query(*fault.query, std::move(fault.error)));
        return fail(std::move(fault.error));
    }
    json::Array results;
    for (std::size_t i = 0; i < request.queries.size(); ++i) {
        const MultiSearchQuery& query = request.queries[i];
        const auto refused = [&](Error error) { return fail(protocol::inside_query(i, std::move(error))); };
        if (auto checked = protocol::check_plain_query(query); !checked) return refused(std::move(checked).error());
        Result<json::Object> body = plain_search(query, context);
        if (!body) return refused(std::move(body).error());
        json::Object result{{"indexUid", query.index_uid}};
        for (json::Member& member : *body) result.append(std::move(member.first), std::move(member.second));
        results.emplace_back(std::move(result));
    }
    return json::Value(json::Object{{"results", std::move(results)}});
}

}  // namespace miroir::node
