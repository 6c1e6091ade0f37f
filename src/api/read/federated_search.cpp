// Federated search: every query is planned and merged over the shards by itself, then the lists become one.
#include <algorithm>

#include "api/read/foreign_keys.h"
#include "api/read/multi_search.h"
#include "api/read/replay_search.h"
#include "api/read/search_flights.h"
#include "json/write.h"
#include "merge/federated_merge.h"
#include "plan/read_checks.h"
#include "protocol/query/rule_order.h"

namespace miroir::api {
namespace {

using Reply = env::Task<Result<http::Reply>>;
using protocol::Federation;
using protocol::MultiSearch;
using protocol::MultiSearchQuery;

struct Paging {
    std::uint64_t skip = 0, take = 20;
    std::uint64_t end() const { return skip > UINT64_MAX - take ? UINT64_MAX : skip + take; }
};

Paging paging_of(const Federation& federation) {
    if (!federation.is_exhaustive()) return {.skip = federation.offset, .take = federation.limit};
    const std::uint64_t page = federation.page.value_or(1);
    const std::uint64_t size = federation.hits_per_page.value_or(20);
    if (page == 0 || (size != 0 && page - 1 > UINT64_MAX / size)) return {.skip = 0, .take = 0};
    return {.skip = (page - 1) * size, .take = size};
}

// What a query of a federation may not ask, and its place as hits tell it.
Result<std::size_t> place_of(const Visit& visit, const MultiSearch& request, std::size_t i) {
    const MultiSearchQuery& query = request.queries[i];
    MIROIR_CHECK(protocol::check_federated_query(*request.federation, query));
    using protocol::Feature;
    if (query.search.use_network)
        MIROIR_CHECK(visit.desk.require(Feature::Network, "passing `useNetwork` in a search query"));
    if (!query.federation_options) return i;
    if (query.federation_options->remote) {
        MIROIR_CHECK(visit.desk.require(Feature::Network, "Performing a remote federated search"));
        return fail(ErrorCode::InvalidMultiSearchRemote, "Invalid `.federation_options.remote`: remote `" +
                                                             *query.federation_options->remote + "` is not registered");
    }
    if (!query.federation_options->query_position) return i;
    MIROIR_CHECK(visit.desk.require(Feature::Network, "Using `federationOptions.queryPosition`"));
    return static_cast<std::size_t>(*query.federation_options->query_position);
}

Error about_facets(const std::string& uid, Error error, bool unused) {
    error.message = "Inside `.federation.facetsByIndex." + uid + "`: " + error.message;
    if (unused) error.message += "\n - Note: index `" + uid + "` is not used in queries";
    return error;
}

const std::vector<std::string>* facets_of(const Federation& federation, const std::string& uid) {
    const auto found = federation.facets_by_index.find(uid);
    return found != federation.facets_by_index.end() && found->second ? &*found->second : nullptr;
}

// One merged map of facets needs one order for each of them.
using FacetOrders = std::map<std::string, std::pair<std::string, protocol::FacetOrder>>;

Result<void> check_facet_orders(const Federation& federation, const plan::IndexEntry& index,
                                const std::vector<std::string>& facets, FacetOrders& orders) {
    const auto told = [](protocol::FacetOrder order) {
        return order == protocol::FacetOrder::Alpha ? "alphabetically" : "by count";
    };
    if (!federation.merge_facets) return {};
    for (const std::string& field : facets) {
        const protocol::FacetOrder order = index.settings.facet_order(field);
        const auto [known, fresh] = orders.try_emplace(field, index.uid.value, order);
        if (fresh || known->second.second == order) continue;
        return fail(ErrorCode::InvalidMultiSearchFacetOrder,
                    "Inconsistent order for values in facet `" + field + "`: index `" + known->second.first +
                        "` orders " + told(known->second.second) + ", but index `" + index.uid.value + "` orders " +
                        told(order) +
                        ".\n - Hint: Remove `federation.mergeFacets` or change `faceting.sortFacetValuesBy` to be "
                        "consistent in settings.");
    }
    return {};
}

Result<void> check_index_facets(const Visit& visit, const Federation& federation, const std::string& uid,
                                FacetOrders& orders) {
    MIROIR_TRY(const plan::IndexPtr index, open_inside(visit.desk, uid));
    const std::vector<std::string>* facets = facets_of(federation, uid);
    if (facets == nullptr) return {};
    MIROIR_CHECK(check_facet_orders(federation, *index, *facets, orders));
    return plan::check_facets(*index, *facets);
}

// Queries whose ranking rules clash cannot be merged. Each is compared with the one that asks for most.
struct Strictest {
    protocol::RuleOrder order;
    protocol::RuleOrder::Place place;
};

Result<void> check_rules(const plan::IndexEntry& index, const protocol::SearchQuery& query, std::size_t place,
                         std::optional<Strictest>& strictest) {
    using protocol::QueryKind;
    const bool has_words = query.q && query.q->find_first_not_of(" \t\n\r\v\f") != std::string::npos;
    const bool semantic = query.hybrid && query.hybrid->semantic_ratio != 0.0F &&
                          (has_words ? query.hybrid->semantic_ratio == 1.0F : query.vector || query.media);
    const QueryKind kind = semantic                       ? QueryKind::Vector
                           : query.q && !query.q->empty() ? QueryKind::Keyword
                                                          : QueryKind::Placeholder;
    const auto sorts = query.sort ? std::optional(protocol::rule_sorts(*query.sort)) : std::nullopt;
    const bool all_words = query.matching_strategy == protocol::MatchingStrategy::All;
    protocol::RuleOrder order(index.settings.ranking_rules, sorts, all_words, kind);
    const protocol::RuleOrder::Place here{.query = place, .index = index.uid.value};
    if (strictest) {
        if (auto clash = order.clash(here, strictest->order, strictest->place)) return fail(*std::move(clash));
        if (strictest->order.constraints() > order.constraints()) return {};
    }
    strictest = Strictest{.order = std::move(order), .place = here};
    return {};
}

struct WishPlace {
    std::size_t query = 0;
    std::optional<Strictest>& strictest;
};

Result<SearchWish> wish_of(const Visit& visit, const Federation& federation, MultiSearchQuery query, WishPlace place) {
    const Paging paging = paging_of(federation);
    MIROIR_CHECK(protocol::check_search_query(query.search, visit.desk.search_features()));
    MIROIR_TRY(const plan::IndexPtr index, open_inside(visit.desk, query.index_uid));
    if (federation.distinct) query.search.distinct = federation.distinct;
    MIROIR_CHECK(plan::check_kind(*index, query.search));
    MIROIR_CHECK(protocol::check_media(query.search, visit.desk.search_features()));
    if (query.search.sort) MIROIR_CHECK(plan::check_sort_syntax(*query.search.sort, ErrorCode::InvalidSearchSort));
    MIROIR_CHECK(check_rules(*index, query.search, place.query, place.strictest));
    MIROIR_CHECK(prepare(visit, *index, query.search));
    query.search.offset = 0;
    query.search.limit = paging.end();
    if (federation.is_exhaustive()) {
        query.search.page = 1;
        query.search.hits_per_page = paging.end();
    }
    if (const auto* facets = facets_of(federation, query.index_uid)) query.search.facets = *facets;
    return SearchWish{.index = index,
                      .query = std::move(query.search),
                      .call = visit.in.call,
                      .options = {.apart = true},
                      .pin = visit.pin};
}

// Beside the queries; each may be shared with other requests.
using Outcomes = std::vector<SharedOutcome>;
const SearchOutcome& at(const Outcomes& outcomes, std::size_t i) { return **outcomes[i]; }

using FacetsByIndex = std::map<std::string, std::vector<merge::MergedFacet>>;

struct Asked {
    std::vector<SearchWish> wishes;
    std::vector<std::size_t> queries;  // beside the wishes
    std::vector<std::size_t> places;
    FacetOrders orders;
    std::optional<Error> refused;
};

Result<Asked> ask_of(const Visit& visit, const MultiSearch& request) {
    Asked asked;
    const auto inside = [](std::size_t i, Error error) { return fail(protocol::inside_query(i, std::move(error))); };
    for (std::size_t i = 0; i < request.queries.size(); ++i) {
        auto text = plan::check_filter_text(request.queries[i].search.filter, visit.desk.filter_gates(),
                                            ErrorCode::InvalidSearchFilter);
        if (!text) return inside(i, std::move(text).error());
    }
    for (std::size_t i = 0; i < request.queries.size(); ++i) {
        auto place = place_of(visit, request, i);
        if (!place) return inside(i, std::move(place).error());
        asked.places.push_back(*place);
    }
    std::set<std::pair<std::string, std::size_t>> order;  // index by index
    for (std::size_t i = 0; i < request.queries.size(); ++i) order.emplace(request.queries[i].index_uid, i);
    std::optional<Strictest> strictest;
    std::map<std::size_t, SearchWish> wishes;
    for (const auto& [uid, i] : order) {
        auto wish =
            wish_of(visit, *request.federation, request.queries[i], {.query = asked.places[i], .strictest = strictest});
        if (!wish) {  // unless a node refuses a query before it
            asked.refused = protocol::inside_query(i, std::move(wish).error());
            break;
        }
        wishes.emplace(i, *std::move(wish));
    }
    for (auto& [i, wish] : wishes) {
        const auto same =
            std::ranges::count(request.queries, request.queries[i].index_uid, &MultiSearchQuery::index_uid);
        asked.queries.push_back(i);
        wish.options.candidates = same > 1;  // a document found twice counts once
        asked.wishes.push_back(std::move(wish));
    }
    for (const auto& [uid, facets] : request.federation->facets_by_index) {
        const auto user = std::ranges::find(request.queries, uid, &MultiSearchQuery::index_uid);
        auto checked = check_index_facets(visit, *request.federation, uid, asked.orders);
        if (checked || asked.refused) continue;
        Error error = about_facets(uid, std::move(checked).error(), user == request.queries.end());
        asked.refused =
            user == request.queries.end()
                ? std::move(error)
                : protocol::inside_query(static_cast<std::size_t>(user - request.queries.begin()), std::move(error));
    }
    if (asked.refused)
        for (SearchWish& wish : asked.wishes) wish.query.facets.reset();
    return asked;
}

void append_facets(std::string& body, const Federation& federation, const FacetsByIndex& by_index,
                   const FacetOrders& orders) {
    if (by_index.empty()) return;
    if (federation.merge_facets) {
        std::vector<std::vector<merge::MergedFacet>> parts;
        for (const auto& [uid, facets] : by_index) parts.push_back(facets);
        std::map<std::string, bool, std::less<>> by_count;
        for (const auto& [field, order] : orders) by_count.emplace(field, order.second == protocol::FacetOrder::Count);
        const auto merged = merge::sum_facets(parts, by_count, federation.merge_facets->max_values_per_facet);
        body += ",\"facetDistribution\":";
        merge::append_distribution(body, merged);
        body += ",\"facetStats\":";
        merge::append_stats(body, merged);
        return;
    }
    body += ",\"facetsByIndex\":{";
    for (const auto& [uid, facets] : by_index) {
        if (body.back() != '{') body += ',';
        json::append_string(body, uid);
        body += ":{\"distribution\":";
        merge::append_distribution(body, facets);
        body += ",\"stats\":";
        merge::append_stats(body, facets);
        body += '}';
    }
    body += '}';
}

void append_hits(std::string& body, const merge::FederatedHits& merged,
                 const std::vector<merge::FederatedSource>& sources, const Outcomes& outcomes) {
    body += "{\"hits\":[";
    for (const merge::FederatedHit& hit : merged.page) {
        if (body.back() != '[') body += ',';
        const merge::FederatedSource& source = sources[hit.source];
        merge::HitShape shape = at(outcomes, hit.source).plan.frame.hits;
        shape.add_formatted = shape.add_formatted && !hit.hit->formatted;
        json::Object member;
        member.append("indexUid", source.index);
        member.append("queriesPosition", source.query);
        member.append("weightedRankingScore", hit.score);
        shape.insert = "\"_federation\":" + json::to_text(json::Value(std::move(member)));
        merge::append_hit(body, hit.hit->bytes, shape);
    }
    body += ']';
}

void append_totals(std::string& body, const Federation& federation, std::uint64_t total) {
    const auto add = [&](std::string_view name, std::uint64_t value) {
        body.append(",\"").append(name).append("\":").append(std::to_string(value));
    };
    if (!federation.is_exhaustive()) {
        add("limit", federation.limit);
        add("offset", federation.offset);
        return add("estimatedTotalHits", total);
    }
    const std::uint64_t size = federation.hits_per_page.value_or(20);
    add("hitsPerPage", size);
    add("page", federation.page.value_or(1));
    add("totalPages", merge::total_pages(total, size));
    add("totalHits", total);
}

void append_query_vectors(std::string& body, const MultiSearch& request, const Outcomes& outcomes) {
    if (std::ranges::none_of(request.queries,
                             [](const MultiSearchQuery& query) { return query.search.retrieve_vectors; }))
        return;
    body += ",\"queryVectors\":{";
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        const auto found = std::ranges::find_if(at(outcomes, i).answers,
                                                [](const auto& answer) { return !answer.query_vector().empty(); });
        if (found == at(outcomes, i).answers.end()) continue;
        if (body.back() != '{') body += ',';
        body.append("\"").append(std::to_string(i)).append("\":").append(found->query_vector());
    }
    body += '}';
}

// The lists as one, and what of each index counts.
struct Federated {
    std::vector<merge::FederatedSource> sources;
    merge::FederatedHits merged;
    std::uint64_t total = 0;
    FacetsByIndex facets;
    Doubts doubts;
    std::vector<ShardId> unanswered;  // when the facets of several queries were counted
};

Federated federate(const MultiSearch& request, const Asked& asked, const Outcomes& outcomes) {
    Federated out;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        const auto& options = request.queries[i].federation_options;
        out.sources.push_back({.hits = at(outcomes, i).merged.page,
                               .pins = at(outcomes, i).merged.pins,
                               .index = request.queries[i].index_uid,
                               .query = asked.places[i],
                               .weight = options ? options->weight : 1.0,
                               .limit = at(outcomes, i).plan.recipe.end()});
    }
    const Paging paging = paging_of(*request.federation);
    out.merged = merge::merge_federated(
        out.sources, {.skip = paging.skip, .take = paging.take, .distinct = request.federation->distinct.has_value()});
    return out;
}

// The queries of one index.
struct OfIndex {
    std::vector<const SearchOutcome*> outcomes;
    std::vector<std::string_view> dropped;  // by the distinct of the federation
};

// What all queries of an index found together; nothing when that is not known.
std::optional<std::vector<std::string_view>> united(const OfIndex& index) {
    std::set<std::string_view> stamps;
    for (const SearchOutcome* outcome : index.outcomes) {
        if (!outcome->candidates) return std::nullopt;
        stamps.insert(outcome->candidates->begin(), outcome->candidates->end());
    }
    for (const std::string_view stamp : index.dropped) stamps.erase(stamp);
    return std::vector<std::string_view>(stamps.begin(), stamps.end());
}

env::Task<void> count_index(Visit& visit, bool facets, const OfIndex& index, Federated& out) {
    const SearchOutcome& first = *index.outcomes.front();
    const std::string& uid = first.plan.index->uid.value;
    if (index.outcomes.size() == 1) {
        const std::uint64_t total =
            first.merged.total - std::min<std::uint64_t>(first.merged.total, index.dropped.size());
        out.total += total;
        if (facets) out.facets[uid] = facets_of_outcome(first);
        if (facets && !index.dropped.empty()) out.doubts.add("facets count documents that distinct drops");
        co_return;
    }
    const auto stamps = united(index);
    if (stamps) {
        out.total += stamps->size();
        if (!facets) co_return;
        std::vector<merge::MergedFacet>& counted = out.facets[uid];
        counted = co_await count_facets(visit.desk, first.plan, *stamps, visit.in.call, out.unanswered);
        if (std::ranges::any_of(counted, &merge::MergedFacet::has_ties)) out.doubts.add(kOrderOfCounts);
        co_return;
    }
    out.doubts.add("documents that several queries find are counted several times");
    const auto* most = &first;
    for (const SearchOutcome* outcome : index.outcomes) {
        out.total += outcome->merged.total;
        if (outcome->merged.total > most->merged.total) most = outcome;
    }
    out.total -= std::min(out.total, out.merged.repeated + index.dropped.size());
    if (facets) out.facets[uid] = facets_of_outcome(*most);
}

env::Task<void> count_all(Visit& visit, const MultiSearch& request, const Outcomes& outcomes, Federated& out) {
    std::map<std::string, OfIndex> indexes;
    for (const SharedOutcome& shared : outcomes) {
        const SearchOutcome& outcome = **shared;
        OfIndex& index = indexes[outcome.plan.index->uid.value];
        index.outcomes.push_back(&outcome);
        const auto dropped = out.merged.dropped.find(outcome.plan.index->uid.value);
        if (dropped != out.merged.dropped.end()) index.dropped = dropped->second;
    }
    for (const auto& [uid, index] : indexes) {
        const bool facets = facets_of(*request.federation, uid) != nullptr;
        co_await count_index(visit, facets, index, out);
        if (facets && out.merged.rejected > 0) out.doubts.add("facets count documents that distinct drops");
    }
    out.total -= std::min(out.total, out.merged.rejected);
}

std::string body_of(const Visit& visit, const MultiSearch& request, const Asked& asked, const Outcomes& outcomes,
                    const Federated& all) {
    const Federation& federation = *request.federation;
    const bool semantic =
        std::ranges::any_of(outcomes, [](const SharedOutcome& outcome) { return (*outcome)->plan.frame.semantic; });
    std::string body;
    append_hits(body, all.merged, all.sources, outcomes);
    append_query_vectors(body, request, outcomes);
    body += ",\"processingTimeMs\":" + std::to_string(elapsed_ms(visit));
    append_totals(body, federation, all.total);
    append_facets(body, federation, all.facets, asked.orders);
    body += ",\"requestUid\":\"" + draw_uuid_v7(visit.desk) + "\"";
    if (wants_metadata(visit)) {
        json::Array metadata;
        for (std::size_t i = 0; i < outcomes.size(); ++i)
            metadata.emplace_back(metadata_of(visit, *at(outcomes, i).plan.index, request.queries[i].search.q));
        body += ",\"metadata\":" + json::to_text(json::Value(std::move(metadata)));
    }
    if (semantic) body += ",\"semanticHitCount\":" + std::to_string(all.merged.semantic_hits);
    if (federation.show_performance_details) body += ",\"performanceDetails\":{}";
    return body + "}";
}

}  // namespace

Reply federated_search(Visit visit, MultiSearch request) {
    MIROIR_CO_TRY(Asked asked, ask_of(visit, request));
    for (SearchWish& wish : asked.wishes)
        MIROIR_CO_CHECK(co_await resolve_foreign(visit.desk, wish.index, wish.query.filter, visit.in.call));
    std::vector<env::Task<SharedOutcome>> running;
    for (SearchWish& wish : asked.wishes) running.push_back(share_search(visit.desk, std::move(wish)));
    const Outcomes outcomes = co_await env::gather(visit.desk.env().executor, std::move(running));
    std::vector<ShardId> missing;
    Doubts doubts;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        if (!*outcomes[i]) co_return fail(protocol::inside_query(asked.queries[i], outcomes[i]->error()));
        const SearchOutcome& outcome = at(outcomes, i);
        if (outcome.refusal) co_return fail(protocol::inside_query(asked.queries[i], error_of(*outcome.refusal)));
        if (missing.empty()) missing = outcome.missing;
        doubts.add(outcome.doubts);
    }
    if (asked.refused) co_return fail(*std::move(asked.refused));
    Federated all = federate(request, asked, outcomes);
    co_await count_all(visit, request, outcomes, all);
    if (!all.unanswered.empty() && visit.desk.options().unavailable_shards != UnavailableShards::Partial)
        co_return fail(shards_unavailable(all.unanswered));
    if (missing.empty()) missing = all.unanswered;
    const bool scored = std::ranges::any_of(
        request.queries, [](const MultiSearchQuery& query) { return query.search.q && !query.search.q->empty(); });
    if (scored) all.doubts.add(kScoresOfNodes);
    if (all.merged.guessed) all.doubts.add("scores of rules around a sort are guessed");
    doubts.add(all.doubts);
    std::string body = body_of(visit, request, asked, outcomes, all);
    std::map<std::string, plan::IndexPtr> indexes;
    for (const SharedOutcome& outcome : outcomes)
        indexes.emplace((*outcome)->plan.index->uid.value, (*outcome)->plan.index);
    for (const auto& [uid, index] : indexes)
        MIROIR_CO_CHECK(co_await show_foreign(visit.desk, index, body, visit.in.call, true));
    http::Reply reply = server::json_text_reply(200, std::move(body));
    if (!missing.empty()) reply.headers.add("X-Miroir-Degraded", shards_text(missing));
    doubts.tell(reply);
    co_return reply;
}

}  // namespace miroir::api
