// Searching for values of a facet: every node counts its own, the sums are ordered and cut here.
#include "api/read/search_run.h"
#include "json/write.h"
#include "merge/facet_hits.h"
#include "plan/read_checks.h"
#include "plan/shard_clause.h"

namespace miroir::api {
namespace {

using Reply = env::Task<Result<http::Reply>>;
using protocol::FacetSearchQuery;

plan::NodeCall facet_call(const plan::IndexEntry& index, const cluster::CoverPart& part,
                          const FacetSearchQuery& query) {
    protocol::SearchQuery search = query.search;
    if (!part.whole) search.filter = plan::with_shard_clause(search.filter, part.shards);
    search.use_network.reset();
    json::Object body = protocol::to_json(search);
    body.set("facetName", query.facet_name);
    if (query.facet_query) body.set("facetQuery", *query.facet_query);
    if (query.exhaustive_facet_count) body.set("exhaustiveFacetCount", *query.exhaustive_facet_count);
    plan::NodeCall call{.node = part.node, .shards = part.shards, .method = "POST", .target = {}};
    call.target = "/indexes/" + index.uid.value + "/facet-search";
    call.body = json::to_text(json::Value(std::move(body)));
    return call;
}

Result<void> check(const Visit& visit, const plan::IndexEntry& index, FacetSearchQuery& query) {
    if (!index.settings.facet_search)
        return fail(ErrorCode::FacetSearchDisabled, "The facet search is disabled for this index");
    json::Value forced = visit.grant.forced_filter(index.uid.value);
    if (!forced.is_null())
        query.search.filter = protocol::join_filters(query.search.filter.value_or(json::Value()), std::move(forced));
    MIROIR_CHECK(plan::check_filter(index, query.search.filter, visit.desk.filter_gates(),
                                    ErrorCode::InvalidSearchFilter, false));
    return plan::check_facet_search(index, query.facet_name);
}

}  // namespace

env::Task<Result<http::Reply>> facet_search(Visit visit) {
    MIROIR_CO_TRY(FacetSearchQuery query, protocol::parse_facet_search_query(visit.body));
    MIROIR_CO_TRY(const plan::IndexPtr index, visit.desk.open(visit.index_text()));
    MIROIR_CO_CHECK(check(visit, *index, query));
    merge::FacetHits hits;
    const CallOf call_of = [&](const cluster::CoverPart& part) { return facet_call(*index, part, query); };
    const scatter::Accept accept = [&](scatter::Answered& answered) { return hits.add(answered.reply.body); };
    RoundPlace place{.desk = visit.desk,
                     .topology = visit.desk.topology(),
                     .index = index,
                     .seed = visit.replica_seed(index->uid.value + query.facet_name),
                     .call = visit.in.call};
    MIROIR_CO_TRY(Round round, co_await ask_everywhere(std::move(place), call_of, accept));
    if (round.refusal) co_return std::move(*round.refusal);
    const bool by_count = index->settings.facet_order(query.facet_name) == protocol::FacetOrder::Count;
    json::Object body;
    body.append("facetHits", hits.shown(by_count, index->settings.max_values_per_facet));
    body.append("facetQuery", query.facet_query ? json::Value(*query.facet_query) : json::Value());
    body.append("processingTimeMs", elapsed_ms(visit));
    http::Reply reply = ok(json::Value(std::move(body)));
    add_coverage(reply, round.missing, index->shards);
    co_return reply;
}

}  // namespace miroir::api
