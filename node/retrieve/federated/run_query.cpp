#include "node/retrieve/federated/run_query.h"

#include <algorithm>

#include "node/retrieve/federated/hybrid.h"
#include "node/retrieve/filter/evaluate.h"
#include "node/retrieve/foreign/foreign.h"
#include "node/retrieve/refusals.h"
#include "node/retrieve/sort_criteria.h"
#include "node/retrieve/vectors/nearest.h"
#include "protocol/settings/settings.h"

namespace miroir::node {
namespace {

using protocol::SearchQuery;

bool has_words(const SearchQuery& query) {
    return query.q && query.q->find_first_not_of(" \t\n\r\v\f") != std::string::npos;
}

Result<void> check_embedder(const Index& index, const SearchQuery& query) {
    const auto& embedders = index.settings().embedders;
    const auto found = embedders.find(query.hybrid->embedder);
    if (found == embedders.end()) {
        return fail(ErrorCode::InvalidSearchEmbedder,
                    "Cannot find embedder with name `" + query.hybrid->embedder + "`.");
    }
    const auto dimensions = found->second.dimensions;
    if (query.vector && dimensions && query.vector->size() != *dimensions) {
        return fail(ErrorCode::InvalidVectorDimensions, "Invalid vector dimensions: expected: `" +
                                                            std::to_string(*dimensions) + "`, found: `" +
                                                            std::to_string(query.vector->size()) + "`.");
    }
    return {};
}

Result<void> check_distinct(const Index& index, const std::optional<std::string>& distinct) {
    if (!distinct) return {};
    const auto rule = protocol::matching_rule(index.settings().filterable_attributes, *distinct);
    if (rule && rule->features.is_filterable()) return {};
    return fail(not_distinct(index, *distinct));
}

// This node never makes vectors of texts: an embedder that could is not asked.
Error no_vector(const SearchQuery& query) {
    return {.code = ErrorCode::VectorEmbeddingError,
            .message =
                "Error while generating embeddings: user error: attempt to embed the following text in a "
                "configuration where embeddings must be user provided:\n  - `" +
                query.q.value_or("") + "`"};
}

MatchingStrategy strategy_of(protocol::MatchingStrategy strategy) {
    switch (strategy) {
        case protocol::MatchingStrategy::All: return MatchingStrategy::All;
        case protocol::MatchingStrategy::Frequency: return MatchingStrategy::Frequency;
        case protocol::MatchingStrategy::Last: break;
    }
    return MatchingStrategy::Last;
}

Result<KeywordRequest> keyword_request(const Index& index, const RunRequest& request) {
    MIROIR_CHECK(check_distinct(index, request.distinct));
    KeywordRequest keyword;
    if (request.kind != SearchKind::Semantic) keyword.query = request.query.q;
    if (request.filter) {
        MIROIR_TRY(keyword.candidates, evaluate_filter(index, *request.filter, ErrorCode::InvalidSearchFilter));
    }
    keyword.limit = request.limit;
    keyword.exhaustive = request.exhaustive;
    keyword.most_hits = static_cast<std::size_t>(index.settings().max_total_hits);
    keyword.strategy = strategy_of(request.query.matching_strategy);
    keyword.attributes_to_search_on = request.query.attributes_to_search_on;
    if (request.query.locales) keyword.locales = *request.query.locales;
    MIROIR_CHECK(check_sort_in_search(index, request.sort));
    keyword.sort = request.sort;
    keyword.distinct = request.distinct;
    keyword.threshold = request.query.ranking_score_threshold;
    return keyword;
}

Result<QueryOutcome> run_organic(const Index& index, const RunRequest& request, const KeywordRequest& keyword) {
    QueryOutcome outcome;
    const auto& vector = request.query.vector;
    const auto nearest = [&] { return nearest_to(index, request.query.hybrid->embedder, *vector); };
    if (request.kind == SearchKind::Semantic) {
        MIROIR_TRY(outcome.found, vector_search(index, keyword, nearest()));
        outcome.query_vector = vector;
        return outcome;
    }
    MIROIR_TRY(outcome.found, keyword_search(index, keyword));
    if (request.kind == SearchKind::Keyword || !vector) return outcome;
    const float ratio = request.query.hybrid->semantic_ratio;
    if (keywords_are_good_enough(outcome.found, ratio, request.limit)) return outcome;
    MIROIR_TRY(KeywordOutcome semantic, vector_search(index, keyword, nearest()));
    const auto& field = request.distinct ? request.distinct : index.settings().distinct_attribute;
    const FacetField* distinct = field ? index.facet(*field) : nullptr;
    outcome.found = merge_hybrid(std::move(semantic), std::move(outcome.found), ratio, request.limit, distinct);
    outcome.query_vector = vector;
    return outcome;
}

// Those that the filter lets through; they are no candidates of the search any more.
std::vector<Pin> take_out_pins(const Index& index, const RunRequest& request, KeywordRequest& keyword) {
    std::vector<Pin> pins;
    if (request.pins.empty()) return pins;
    if (!keyword.candidates) keyword.candidates = index.document_ids();
    for (const Pin& pin : request.pins) {
        if (keyword.candidates->contains(pin.id)) pins.push_back(pin);
    }
    for (const Pin& pin : pins) keyword.candidates->remove(pin.id);
    return pins;
}

Result<QueryOutcome> run(const Index& index, const RunRequest& request) {
    MIROIR_TRY(KeywordRequest keyword, keyword_request(index, request));
    std::vector<Pin> pins = take_out_pins(index, request, keyword);
    MIROIR_TRY(QueryOutcome outcome, run_organic(index, request, keyword));
    outcome.found = with_pins(std::move(outcome.found), std::move(pins), request.limit);
    return outcome;
}

}  // namespace

Result<SearchKind> search_kind(const Index& index, const SearchQuery& query) {
    if (query.media && query.vector) {
        return fail(ErrorCode::InvalidSearchMediaAndVector,
                    "Invalid request: both `media` and `vector` parameters are present.");
    }
    if (!query.hybrid) {
        if (!query.media && !query.vector) return SearchKind::Keyword;
        return fail(ErrorCode::MissingSearchHybrid,
                    "Invalid request: missing `hybrid` parameter when `vector` or `media` are present.");
    }
    const bool words = has_words(query);
    if (query.hybrid->semantic_ratio == 0.0F) return SearchKind::Keyword;
    if (!query.media && !words && !query.vector) return SearchKind::Keyword;
    MIROIR_CHECK(check_embedder(index, query));
    return query.hybrid->semantic_ratio == 1.0F || !words ? SearchKind::Semantic : SearchKind::Hybrid;
}

Result<std::optional<protocol::Filter>> read_filter(const std::optional<json::Value>& filter, ErrorCode code,
                                                    const ReadContext& context, FilterPlace place) {
    if (!filter) return std::nullopt;
    MIROIR_TRY(const auto parsed, protocol::parse_filter(*filter, code));
    if (!parsed) return std::nullopt;
    const protocol::FilterGates gates{.contains_filter = context.contains_filter,
                                      .foreign_keys = context.foreign_keys,
                                      .network = context.network,
                                      .multimodal = context.multimodal};
    MIROIR_CHECK(protocol::check_filter_gates(*parsed, gates));
    if (!context.foreign_keys || place.index == nullptr) return parsed;
    return without_foreign(*parsed, *place.index, place.uid, code, context);
}

Result<QueryOutcome> run_query(const Index& index, std::string_view uid, const RunRequest& request) {
    if (request.kind == SearchKind::Semantic && !request.query.vector) return fail(no_vector(request.query));
    Result<QueryOutcome> outcome = run(index, request);
    if (!outcome) return fail(told_with_index(uid, std::move(outcome).error()));
    return outcome;
}

}  // namespace miroir::node
