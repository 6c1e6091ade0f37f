#include "node/retrieve/federated/index_search.h"

#include <algorithm>

#include "node/retrieve/distinct.h"
#include "node/retrieve/federated/run_query.h"
#include "node/retrieve/refusals.h"
#include "node/retrieve/sort_criteria.h"
#include "protocol/settings/settings.h"

namespace miroir::node {
namespace {

using protocol::FacetOrder;

// The hits of one query, best first, waiting to be merged with those of its sisters.
struct Waiting {
    const IndexQuery* query = nullptr;
    QueryOutcome outcome;
    std::optional<HitMaker> maker;
    std::vector<FederatedHit> heads;  // keys only
    std::size_t next = 0;
};

std::string_view order_name(FacetOrder order) { return order == FacetOrder::Alpha ? "alphabetically" : "by count"; }

Error about_facets(const FederationState& state, const std::string& uid, Error error, bool unused) {
    if (!state.told_in_full) return error;
    error.message = "Inside `.federation.facetsByIndex." + uid + "`: " + error.message;
    if (unused) error.message += "\n - Note: index `" + uid + "` is not used in queries";
    return error;
}

// One merged map of facets needs one order for each of them.
Result<void> check_facet_order(FederationState& state, const Index& index, const std::string& uid,
                               const FacetPatterns& facets) {
    if (!state.federation.merge_facets || !facets) return {};
    for (const std::string& field : faceted_fields(index, *facets)) {
        const FacetOrder order = index.settings().facet_order(field);
        const auto [known, added] = state.facet_orders.try_emplace(field, uid, order);
        if (added || known->second.second == order) continue;
        return fail(ErrorCode::InvalidMultiSearchFacetOrder,
                    "Inconsistent order for values in facet `" + field + "`: index `" + known->second.first +
                        "` orders " + std::string(order_name(known->second.second)) + ", but index `" + uid +
                        "` orders " + std::string(order_name(order)) +
                        ".\n - Hint: Remove `federation.mergeFacets` or change `faceting.sortFacetValuesBy` to be "
                        "consistent in settings.");
    }
    return {};
}

Result<void> check_rules(FederationState& state, const Index& index, const std::string& uid, const IndexQuery& query,
                         SearchKind kind) {
    using protocol::QueryKind;
    const QueryKind rules_for = kind == SearchKind::Semantic                 ? QueryKind::Vector
                                : query.query->q && !query.query->q->empty() ? QueryKind::Keyword
                                                                             : QueryKind::Placeholder;
    const auto asked = query.query->sort ? std::optional(protocol::rule_sorts(*query.query->sort)) : std::nullopt;
    const bool all_words = query.query->matching_strategy == protocol::MatchingStrategy::All;
    protocol::RuleOrder order(index.settings().ranking_rules, asked, all_words, rules_for);
    const protocol::RuleOrder::Place here{.query = query.place, .index = uid};
    if (state.strictest) {
        auto clash = order.clash(here, state.strictest->order, state.strictest->place);
        if (clash) return fail(std::move(*clash));
        if (state.strictest->order.constraints() > order.constraints()) return {};
    }
    state.strictest = FederationState::Earlier{.order = std::move(order), .place = here};
    return {};
}

std::set<std::string> extra_attributes(const FederationState& state, const Index& index, const FacetPatterns& facets) {
    std::set<std::string> extra;
    if (!state.federation.distinct) return extra;
    extra.insert(*state.federation.distinct);
    if (facets) {
        for (std::string& field : faceted_fields(index, *facets)) extra.insert(std::move(field));
    }
    return extra;
}

Result<Waiting> run_one(FederationState& state, const Index& index, const std::string& uid, const IndexQuery& query,
                        const std::set<std::string>& extra) {
    const protocol::SearchQuery& asked = *query.query;
    MIROIR_TRY(const SearchKind kind, search_kind(index, asked));
    std::vector<SortCriterion> sort;
    if (asked.sort) {
        MIROIR_TRY(sort, parse_sort(*asked.sort, ErrorCode::InvalidSearchSort));
    }
    MIROIR_CHECK(check_rules(state, index, uid, query, kind));
    if (kind != SearchKind::Keyword) state.semantic = true;
    const auto most = static_cast<std::size_t>(index.settings().max_total_hits);
    const RunRequest request{.query = asked,
                             .kind = kind,
                             .filter = query.filter,
                             .sort = std::move(sort),
                             .distinct = state.federation.distinct ? state.federation.distinct : asked.distinct,
                             .limit = std::min(state.wanted, most),
                             .exhaustive = state.federation.is_exhaustive(),
                             .pins = pins_for(state.context.rules, uid, asked.q.value_or(""), index)};
    Waiting waiting{.query = &query, .outcome = {}, .maker = {}, .heads = {}};
    MIROIR_TRY(waiting.outcome, run_query(index, uid, request));
    if (asked.retrieve_vectors && waiting.outcome.query_vector) {
        state.query_vectors[query.place] = *waiting.outcome.query_vector;
    }
    for (const protocol::ScoreDetails& scores : waiting.outcome.found.scores) {
        FederatedHit& head = waiting.heads.emplace_back();
        head.keys = protocol::weighted_scores(scores, query.weight);
        head.global = protocol::global_score(scores) * query.weight;
        head.query = query.place;
        const auto* pin = scores.empty() ? nullptr : std::get_if<protocol::PinScore>(&scores.front());
        if (pin != nullptr) head.pinned = pin->position;
    }
    HitFormat format = HitFormat::of(asked);
    format.extra_attributes = extra;
    waiting.maker.emplace(index, std::move(format), std::move(waiting.outcome.found.matching_words));
    return waiting;
}

json::Object federation_member(const FederationState& state, const std::string& uid, FederatedHit& hit) {
    json::Object member{{"indexUid", uid}, {"queriesPosition", hit.query}, {"weightedRankingScore", hit.global}};
    if (state.context.proxy) {
        member.append("weightedScoreValues", protocol::to_json(hit.keys));
        member.append("extra_document", hit.hit.extra);
    }
    return member;
}

Waiting* best_of(std::vector<Waiting>& all) {
    Waiting* best = nullptr;
    for (Waiting& waiting : all) {
        if (waiting.next >= waiting.heads.size()) continue;
        if (best == nullptr || comes_before(waiting.heads[waiting.next], best->heads[best->next])) best = &waiting;
    }
    return best;
}

// Pinned hits do not compete with the others.
std::vector<FederatedHit> take_out_pins(const FederationState& state, const std::string& uid,
                                        std::vector<Waiting>& all) {
    std::vector<FederatedHit> pins;
    for (Waiting& waiting : all) {
        KeywordOutcome& found = waiting.outcome.found;
        std::size_t kept = 0;
        for (std::size_t at = 0; at < waiting.heads.size(); ++at) {
            FederatedHit& hit = waiting.heads[at];
            if (hit.pinned) {
                hit.index = uid;
                hit.hit = waiting.maker->make(found.ids[at], found.scores[at]);
                hit.hit.document.set("_federation", federation_member(state, uid, hit));
                pins.push_back(std::move(hit));
                continue;
            }
            if (kept != at) {
                found.ids[kept] = found.ids[at];
                found.scores[kept] = std::move(found.scores[at]);
                waiting.heads[kept] = std::move(hit);
            }
            ++kept;
        }
        found.ids.resize(kept);
        found.scores.resize(kept);
        waiting.heads.resize(kept);
    }
    return pins;
}

// Removes from `candidates` what distinct leaves out.
std::vector<FederatedHit> merged_hits(const FederationState& state, const std::string& uid, std::size_t wanted,
                                      std::vector<Waiting>& all, DocIds& candidates) {
    std::optional<DistinctFilter> distinct;
    if (state.federation.distinct) distinct.emplace(*state.federation.distinct);
    DocIds seen;
    std::vector<FederatedHit> hits;
    while (hits.size() < wanted) {
        Waiting* best = best_of(all);
        if (best == nullptr) break;
        const std::size_t at = best->next++;
        const DocId id = best->outcome.found.ids[at];
        if (!seen.addChecked(id)) continue;
        FederatedHit hit = std::move(best->heads[at]);
        hit.hit = best->maker->make(id, best->outcome.found.scores[at]);
        if (distinct && !distinct->keep(hit.hit)) {
            candidates.remove(id);
            continue;
        }
        hit.index = uid;
        hit.hit.document.set("_federation", federation_member(state, uid, hit));
        hits.push_back(std::move(hit));
    }
    return hits;
}

}  // namespace

bool comes_before(const FederatedHit& left, const FederatedHit& right) {
    const auto order = protocol::compare_weighted(left.keys, left.global, right.keys, right.global);
    return order != 0 ? order > 0 : left.query < right.query;
}

Answer<IndexOutcome> search_index(FederationState& state, const std::string& uid,
                                  const std::vector<IndexQuery>& queries, const FacetPatterns& facets) {
    const std::size_t first = queries.front().place;
    const Index* index = state.context.find_index(uid);
    if (index == nullptr) {
        Error missing = index_not_found(uid);
        missing.status = 400;
        return fault(std::move(missing), first);
    }
    if (auto checked = check_facet_order(state, *index, uid, facets); !checked) {
        return fault(about_facets(state, uid, std::move(checked).error(), false), first);
    }
    IndexOutcome outcome{.uid = uid, .primary_key = index->primary_key(), .hits = {}, .pins = {}, .facets = {}};
    const std::set<std::string> extra = extra_attributes(state, *index, facets);
    DocIds candidates;
    std::vector<Waiting> all;
    for (const IndexQuery& query : queries) {
        auto waiting = run_one(state, *index, uid, query, extra);
        if (!waiting) return fault(std::move(waiting).error(), query.place);
        candidates |= waiting->outcome.found.candidates;
        all.push_back(std::move(*waiting));
    }
    const auto most = static_cast<std::size_t>(index->settings().max_total_hits);
    outcome.pins = take_out_pins(state, uid, all);
    outcome.hits = merged_hits(state, uid, std::min(state.wanted, most), all, candidates);
    outcome.total = candidates.cardinality();
    if (facets) {
        auto counted = count_facets(*index, *facets, candidates);
        if (!counted) return fault(about_facets(state, uid, std::move(counted).error(), false), first);
        outcome.facets = std::move(*counted);
    }
    return outcome;
}

Result<void> check_unused_facets(FederationState& state, const std::string& uid, const FacetPatterns& facets) {
    const Index* index = state.context.find_index(uid);
    if (index == nullptr) {
        Error missing = index_not_found(uid);
        missing.status = 400;
        return fail(about_facets(state, uid, std::move(missing), true));
    }
    Result<void> checked = check_facet_order(state, *index, uid, facets);
    if (checked && facets) checked = check_facets(*index, *facets);
    if (!checked) return fail(about_facets(state, uid, std::move(checked).error(), true));
    return {};
}

}  // namespace miroir::node
