#include "node/retrieve/federated/federation.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "node/retrieve/distinct.h"
#include "node/retrieve/federated/facet_merge.h"
#include "node/retrieve/federated/index_search.h"
#include "node/retrieve/federated/run_query.h"
#include "node/retrieve/foreign/foreign.h"
#include "protocol/features.h"

namespace miroir::node {
namespace {

using protocol::Federation;
using protocol::MultiSearchQuery;

constexpr std::uint64_t kHitsPerPage = 20;

struct Page {
    std::uint64_t skip = 0;
    std::uint64_t take = 0;

    std::size_t end() const {
        const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - skip;
        return static_cast<std::size_t>(skip + std::min(take, room));
    }
};

Page page_of(const Federation& federation) {
    if (!federation.is_exhaustive()) return {.skip = federation.offset, .take = federation.limit};
    const std::uint64_t page = federation.page.value_or(1);
    const std::uint64_t size = federation.hits_per_page.value_or(kHitsPerPage);
    if (page == 0) return {};
    std::uint64_t skip = 0;
    if (__builtin_mul_overflow(page - 1, size, &skip))
        return {.skip = std::numeric_limits<std::uint64_t>::max(), .take = 0};
    return {.skip = skip, .take = size};
}

Result<void> check_network(const ReadContext& context, std::string_view action) {
    return protocol::check_feature(context.network, action, protocol::Feature::Network);
}

// The place of a query as refusals and hits tell it; a remote would have to be asked by someone else.
Result<std::size_t> place_of(const MultiSearchQuery& query, std::size_t position, const ReadContext& context) {
    if (query.search.use_network) MIROIR_CHECK(check_network(context, "passing `useNetwork` in a search query"));
    if (!query.federation_options) return position;
    const auto& options = *query.federation_options;
    if (options.remote) {
        MIROIR_CHECK(check_network(context, "Performing a remote federated search"));
        return fail(ErrorCode::InvalidMultiSearchRemote,
                    "Invalid `.federation_options.remote`: remote `" + *options.remote + "` is not registered");
    }
    if (!options.query_position) return position;
    MIROIR_CHECK(check_network(context, "Using `federationOptions.queryPosition`"));
    return static_cast<std::size_t>(*options.query_position);
}

using QueriesByIndex = std::map<std::string, std::vector<IndexQuery>>;

Answer<QueriesByIndex> partition(const std::vector<MultiSearchQuery>& queries, const Federation& federation,
                                 const ReadContext& context) {
    std::vector<std::optional<protocol::Filter>> filters;
    for (std::size_t i = 0; i < queries.size(); ++i) {
        const FilterPlace place{.index = context.find_index(queries[i].index_uid), .uid = queries[i].index_uid};
        auto filter = read_filter(queries[i].search.filter, ErrorCode::InvalidSearchFilter, context, place);
        if (!filter) return fault(std::move(filter).error(), i);
        filters.push_back(std::move(*filter));
    }
    QueriesByIndex by_index;
    for (std::size_t i = 0; i < queries.size(); ++i) {
        if (auto checked = protocol::check_federated_query(federation, queries[i]); !checked) {
            return fault(std::move(checked).error(), i);
        }
        auto place = place_of(queries[i], i, context);
        if (!place) return fault(std::move(place).error(), i);
        IndexQuery query{.query = &queries[i].search, .filter = {}, .place = *place};
        if (filters[i]) {
            auto again = protocol::reparsed(*filters[i], ErrorCode::InvalidSearchFilter);
            if (!again) return fault(std::move(again).error(), i);
            query.filter = std::move(*again);
        }
        if (queries[i].federation_options) query.weight = queries[i].federation_options->weight;
        by_index[queries[i].index_uid].push_back(std::move(query));
    }
    return by_index;
}

bool compared_a_vector(const FederatedHit& hit) {
    return std::ranges::any_of(hit.keys, [](const protocol::WeightedScore& score) {
        return score.kind == protocol::WeightedScore::Kind::Vector;
    });
}

// Takes the hits of all indexes in order; keeps those of the page. Distinct looks at all of them.
class Merge {
public:
    Merge(std::vector<IndexOutcome>& sources, const Federation& federation)
        : sources_(sources), next_(sources.size(), 0), page_(page_of(federation)) {
        if (federation.distinct) distinct_.emplace(*federation.distinct);
        for (IndexOutcome& source : sources) {
            for (FederatedHit& pin : source.pins) pins_.emplace(*pin.pinned, std::move(pin));
        }
    }

    void run(FederatedOutcome& outcome, std::map<std::string, std::vector<Hit>>& rejected) {
        if (pins_.empty()) return run_organic(outcome, rejected);
        const Page page = page_;
        page_ = {.skip = 0, .take = page.end()};
        run_organic(outcome, rejected);
        std::vector<FederatedHit> organic = std::exchange(outcome.hits, {});
        auto hit = organic.begin();
        auto pin = pins_.begin();
        for (std::size_t at = 0; at < page.end() && (pin != pins_.end() || hit != organic.end()); ++at) {
            const bool pinned = pin != pins_.end() && (pin->first <= at || hit == organic.end());
            FederatedHit next = std::move(pinned ? (pin++)->second : *hit++);
            if (at >= page.skip) outcome.hits.push_back(std::move(next));
        }
    }

private:
    void run_organic(FederatedOutcome& outcome, std::map<std::string, std::vector<Hit>>& rejected) {
        std::uint64_t position = 0;
        while (FederatedHit* hit = best()) {
            if (distinct_ && !distinct_->keep(hit->hit)) {
                if (outcome.total > 0) --outcome.total;
                rejected[hit->index].push_back(std::move(hit->hit));
                continue;
            }
            const std::uint64_t at = position++;
            if (at < page_.skip) continue;
            if (outcome.hits.size() >= page_.take) {
                if (!distinct_) return;
                continue;
            }
            if (compared_a_vector(*hit)) ++outcome.semantic_hits;
            outcome.hits.push_back(std::move(*hit));
        }
    }

    FederatedHit* best() {
        std::size_t chosen = sources_.size();
        for (std::size_t i = 0; i < sources_.size(); ++i) {
            if (next_[i] >= sources_[i].hits.size()) continue;
            if (chosen == sources_.size() ||
                comes_before(sources_[i].hits[next_[i]], sources_[chosen].hits[next_[chosen]])) {
                chosen = i;
            }
        }
        return chosen == sources_.size() ? nullptr : &sources_[chosen].hits[next_[chosen]++];
    }

    std::vector<IndexOutcome>& sources_;
    std::vector<std::size_t> next_;
    Page page_;
    std::optional<DistinctFilter> distinct_;
    std::multimap<std::uint32_t, FederatedHit> pins_;
};

// What happens to the hits of the page only: another order is never made here, foreign documents are put in.
Result<void> finish_hits(FederatedOutcome& outcome, const Federation& federation, const ReadContext& context) {
    if (context.proxy) return {};
    if (federation.personalize_user_context) {
        MIROIR_CHECK(protocol::check_feature(false, "reranking search results", protocol::Feature::Personalization));
    }
    if (!context.foreign_keys) return {};
    for (FederatedHit& hit : outcome.hits) {
        if (const Index* index = context.find_index(hit.index)) show_foreign_documents(*index, context, hit.hit);
    }
    return {};
}

json::Array metadata_of(const std::vector<MultiSearchQuery>& queries, const std::vector<IndexOutcome>& indexes,
                        const ReadContext& context) {
    json::Array all;
    for (const MultiSearchQuery& query : queries) {
        json::Object entry;
        if (query.search.q) entry.append("query", *query.search.q);
        entry.append("queryUid", context.draw_query_uid());
        entry.append("indexUid", query.index_uid);
        const auto index = std::ranges::find(indexes, query.index_uid, &IndexOutcome::uid);
        if (index != indexes.end() && index->primary_key) entry.append("primaryKey", *index->primary_key);
        all.push_back(std::move(entry));
    }
    return all;
}

}  // namespace

Answer<FederatedOutcome> federate(const std::vector<MultiSearchQuery>& queries, const Federation& federation,
                                  bool told_in_full, const ReadContext& context) {
    if (context.proxy) {
        auto allowed = check_network(context, "Performing a remote federated search");
        if (!allowed) return fault(std::move(allowed).error(), std::nullopt);
    }
    auto by_index = partition(queries, federation, context);
    if (!by_index) return std::unexpected(std::move(by_index).error());
    FederationState state{.federation = federation,
                          .context = context,
                          .wanted = page_of(federation).end(),
                          .told_in_full = told_in_full,
                          .query_vectors = {},
                          .strictest = {},
                          .facet_orders = {}};
    std::vector<IndexOutcome> indexes;
    for (const auto& [uid, own] : *by_index) {
        const auto asked = federation.facets_by_index.find(uid);
        const FacetPatterns facets = asked == federation.facets_by_index.end() ? std::nullopt : asked->second;
        auto outcome = search_index(state, uid, own, facets);
        if (!outcome) return std::unexpected(std::move(outcome).error());
        indexes.push_back(std::move(*outcome));
    }
    for (const auto& [uid, facets] : federation.facets_by_index) {
        if (by_index->contains(uid)) continue;
        if (auto checked = check_unused_facets(state, uid, facets); !checked) {
            return fault(std::move(checked).error(), std::nullopt);
        }
    }
    FederatedOutcome outcome;
    for (const IndexOutcome& index : indexes) outcome.total += index.total;
    std::map<std::string, std::vector<Hit>> rejected;
    Merge(indexes, federation).run(outcome, rejected);
    if (auto shown = finish_hits(outcome, federation, context); !shown) {
        return fault(std::move(shown).error(), std::nullopt);
    }
    for (IndexOutcome& index : indexes) {
        if (index.facets) outcome.facets_by_index.emplace(index.uid, std::move(*index.facets));
    }
    finish_facets(outcome, federation, state.facet_orders, rejected);
    outcome.semantic = state.semantic;
    outcome.query_vectors = std::move(state.query_vectors);
    outcome.show_query_vectors =
        std::ranges::any_of(queries, [](const MultiSearchQuery& query) { return query.search.retrieve_vectors; });
    if (context.include_metadata) outcome.metadata = metadata_of(queries, indexes, context);
    return outcome;
}

void append_totals(const Federation& federation, std::uint64_t total, json::Object& out) {
    if (!federation.is_exhaustive()) {
        out.append("limit", federation.limit);
        out.append("offset", federation.offset);
        out.append("estimatedTotalHits", total);
        return;
    }
    const std::uint64_t size = federation.hits_per_page.value_or(kHitsPerPage);
    out.append("hitsPerPage", size);
    out.append("page", federation.page.value_or(1));
    out.append("totalPages", size == 0 ? 0 : total / size + (total % size != 0 ? 1 : 0));
    out.append("totalHits", total);
}

json::Array vector_to_json(const std::vector<float>& vector) { return {vector.begin(), vector.end()}; }

json::Object federated_to_json(FederatedOutcome outcome, const Federation& federation, const ReadContext& context) {
    json::Object body;
    json::Array hits;
    for (FederatedHit& hit : outcome.hits) hits.emplace_back(std::move(hit.hit).to_json());
    body.append("hits", std::move(hits));
    if (outcome.show_query_vectors) {
        json::Object vectors;
        for (const auto& [query, vector] : outcome.query_vectors) {
            vectors.append(std::to_string(query), vector_to_json(vector));
        }
        body.append("queryVectors", std::move(vectors));
    }
    body.append("processingTimeMs", context.elapsed_ms());
    append_totals(federation, outcome.total, body);
    if (outcome.merged_facets) {
        body.append("facetDistribution", distribution_to_json(*outcome.merged_facets));
        body.append("facetStats", stats_to_json(*outcome.merged_facets));
    }
    if (!outcome.facets_by_index.empty()) {
        json::Object by_index;
        for (const auto& [uid, facets] : outcome.facets_by_index) {
            by_index.append(
                uid, json::Object{{"distribution", distribution_to_json(facets)}, {"stats", stats_to_json(facets)}});
        }
        body.append("facetsByIndex", std::move(by_index));
    }
    body.append("requestUid", context.request_uid);
    if (context.include_metadata) body.append("metadata", std::move(outcome.metadata));
    if (outcome.semantic) body.append("semanticHitCount", outcome.semantic_hits);
    if (federation.show_performance_details) body.append("performanceDetails", json::Object());
    return body;
}

}  // namespace miroir::node
