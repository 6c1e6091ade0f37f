// Searching for values of a facet: every node counts its own, the sums are ordered and cut here.
#include "api/read/foreign_keys.h"
#include "api/read/known_fields.h"
#include "api/read/replay_search.h"
#include "api/read/search_flights.h"
#include "api/read/search_run.h"
#include "json/write.h"
#include "merge/facet_hits.h"
#include "plan/read_checks.h"
#include "plan/replay_plan.h"
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

// Distinct and thresholds decide which documents count. One node would look at so many hits.
constexpr std::uint64_t kHitsLookedAt = 20;

bool needs_candidates(const plan::IndexEntry& index, const FacetSearchQuery& query) {
    const bool by_vector = query.search.hybrid && query.search.vector && query.search.hybrid->semantic_ratio != 0.0F;
    return !by_vector && (index.settings.distinct_attribute || query.search.ranking_score_threshold);
}

SearchWish candidates_wish(const Visit& visit, const plan::IndexPtr& index, const FacetSearchQuery& query) {
    SearchWish wish{.index = index,
                    .query = query.search,
                    .call = visit.in.call,
                    .options = {.all_reachable = true, .candidates = true}};
    protocol::SearchQuery& search = wish.query;
    search.limit = kHitsLookedAt;
    search.offset = 0;
    search.attributes_to_retrieve = std::set<std::string>();
    search.distinct.reset();
    search.facets.reset();
    search.sort.reset();
    if (query.exhaustive_facet_count.value_or(false)) search.page = 1, search.hits_per_page = 0;
    return wish;
}

// The same search among the documents that count.
FacetSearchQuery among(const FacetSearchQuery& query, const std::vector<std::string>& stamps) {
    FacetSearchQuery out = query;
    out.search = protocol::SearchQuery();
    out.search.filter = plan::stamps_clause(std::vector<std::string_view>(stamps.begin(), stamps.end()));
    return out;
}

// Values that nodes write in several ways are written as the first document of the index writes them.
env::Task<void> settle_facet_spellings(const RoundPlace& place, const std::string& field, merge::FacetHits& hits,
                                       std::vector<ShardId>& unanswered) {
    const merge::FacetRecipe none;
    plan::SearchPlan plan{.topology = place.topology, .index = place.index, .facet_recipe = none};
    const auto cover = place.desk.cover(*place.topology, *place.index, place.seed);
    if (!cover) co_return;
    const LegPlace leg{.desk = place.desk,
                       .plan = plan,
                       .cover = *cover,
                       .seed = place.seed,
                       .call = place.call,
                       .unanswered = &unanswered};
    std::vector<merge::UnclearSpelling> unclear = hits.unclear(field);
    merge::FacetRecipe recipe;
    co_await settle_spellings(leg, std::move(unclear), recipe);
    for (const auto& [key, spelling] : recipe.spellings) hits.spell(key.second, spelling);
}

env::Task<Result<FacetAnswer>> count(Desk& desk, plan::IndexPtr index, FacetSearchQuery query, std::uint64_t seed,
                                     http::Call call) {
    merge::FacetHits hits;
    const CallOf call_of = [&](const cluster::CoverPart& part) { return facet_call(*index, part, query); };
    const scatter::Accept accept = [&](scatter::Answered& answered) { return hits.add(answered.reply.body); };
    RoundPlace place{.desk = desk, .topology = desk.topology(), .index = index, .seed = seed, .call = std::move(call)};
    MIROIR_CO_TRY(query.search.filter, co_await filter_for_nodes(place, std::move(query.search.filter)));
    MIROIR_CO_TRY(Round round, co_await ask_everywhere(place, call_of, accept));
    FacetAnswer out;
    out.refusal = std::move(round.refusal);
    if (out.refusal) co_return out;
    std::vector<ShardId> unanswered;
    co_await settle_facet_spellings(place, query.facet_name, hits, unanswered);
    if (!unanswered.empty() && desk.options().unavailable_shards != UnavailableShards::Partial)
        co_return fail(shards_unavailable(unanswered));
    const bool by_count = index->settings.facet_order(query.facet_name) == protocol::FacetOrder::Count;
    out.hits = hits.shown(by_count, index->settings.max_values_per_facet);
    out.missing = std::move(round.missing);
    co_return out;
}

// All that the counting depends on.
std::string counting_key(const plan::IndexPtr& index, const FacetSearchQuery& query, std::uint64_t seed) {
    json::Object asked{{"facetName", query.facet_name}};
    if (query.facet_query) asked.append("facetQuery", *query.facet_query);
    if (query.exhaustive_facet_count) asked.append("exhaustiveFacetCount", *query.exhaustive_facet_count);
    const SearchWish among{.index = index, .query = query.search, .call = {}, .pin = seed};
    return json::to_text(json::Value(std::move(asked))) + " " + flight_key(among);
}

Reply answer(Visit visit, plan::IndexPtr index, FacetSearchQuery query, Doubts doubts) {
    if (query.search.q || query.search.filter) doubts.add(kSpellingOfValues);
    const std::uint64_t seed = visit.replica_seed(index->uid.value + query.facet_name);
    SearchFlights::CountFacets work = [&](http::Call call) {
        return count(visit.desk, index, query, seed, std::move(call));
    };
    const SharedFacets shared = co_await visit.desk.search_flights().run_facets(counting_key(index, query, seed),
                                                                                visit.in.call, std::move(work));
    if (!*shared) co_return fail(shared->error());
    const FacetAnswer& found = **shared;
    if (found.refusal) co_return copy_of(*found.refusal);
    json::Object body;
    body.append("facetHits", found.hits);
    body.append("facetQuery", query.facet_query ? json::Value(*query.facet_query) : json::Value());
    body.append("processingTimeMs", elapsed_ms(visit));
    http::Reply reply = ok(json::Value(std::move(body)));
    add_coverage(reply, found.missing, index->shards);
    doubts.tell(reply);
    co_return reply;
}

}  // namespace

env::Task<Result<http::Reply>> facet_search(Visit visit) {
    MIROIR_CO_TRY(FacetSearchQuery query, protocol::parse_facet_search_query(visit.body));
    MIROIR_CO_TRY(const plan::IndexPtr index, visit.desk.open(visit.index_text()));
    MIROIR_CO_CHECK(check(visit, *index, query));
    MIROIR_CO_CHECK(co_await resolve_foreign(visit.desk, index, query.search.filter, visit.in.call));
    Doubts doubts;
    if (needs_candidates(*index, query)) {
        const SharedOutcome shared = co_await share_search(visit.desk, candidates_wish(visit, index, query));
        if (!*shared) co_return fail(shared->error());
        const SearchOutcome& found = **shared;
        if (found.refusal) co_return refusal_of(found);
        doubts = found.doubts;
        if (found.candidates) query = among(query, *found.candidates);
        else doubts.add("counts include documents that distinct drops");
    }
    co_return co_await answer(std::move(visit), index, std::move(query), std::move(doubts));
}

}  // namespace miroir::api
