#include "protocol/query/search_query.h"

#include "protocol/features.h"
#include "protocol/query/search_fields.h"

namespace miroir::protocol {

namespace {

// What GET asks for in its own way: the hybrid members apart.
struct SearchParameters {
    SearchQuery query;
    std::optional<std::string> sort;
    std::optional<std::string> filter;
    std::optional<std::string> hybrid_embedder;
    std::optional<float> hybrid_semantic_ratio;
};

FieldTable<SearchQuery> body_table() {
    const auto self = [](SearchQuery& query) -> SearchQuery& { return query; };
    auto table = page_rows(FieldTable<SearchQuery>(), self, &SearchQuery::offset, &SearchQuery::limit)
                     .field("filter", ErrorCode::InvalidSearchFilter,
                            reader_of<SearchQuery>(self, &SearchQuery::filter, read_anything))
                     .field("sort", ErrorCode::InvalidSearchSort, &SearchQuery::sort);
    table = vector_rows(match_rows(std::move(table), self), self);
    return show_rows(std::move(table), self, &SearchQuery::show_performance_details);
}

Result<void> read_ratio_parameter(SearchParameters& out, const json::Value& value, const Place& place) {
    const auto number = value.is_string() ? parse_float(value.string()) : std::nullopt;
    if (!number || *number > 1.0 || *number < 0.0) {
        return place.unexpected("the value of `semanticRatio` is invalid, expected a float between `0.0` and `1.0`.");
    }
    out.hybrid_semantic_ratio = static_cast<float>(*number);
    return {};
}

FieldTable<SearchParameters> parameter_table() {
    const auto get = [](SearchParameters& parameters) -> SearchQuery& { return parameters.query; };
    auto table = page_rows(FieldTable<SearchParameters>(), get, member_of(get, &SearchQuery::offset),
                           member_of(get, &SearchQuery::limit))
                     .field("filter", ErrorCode::InvalidSearchFilter, &SearchParameters::filter)
                     .field("sort", ErrorCode::InvalidSearchSort, &SearchParameters::sort);
    table = match_rows(std::move(table), get)
                .field("hybridEmbedder", ErrorCode::InvalidSearchEmbedder, &SearchParameters::hybrid_embedder)
                .field("hybridSemanticRatio", ErrorCode::InvalidSearchSemanticRatio, read_ratio_parameter)
                .field("vector", ErrorCode::InvalidSearchVector, member_of(get, &SearchQuery::vector))
                .field("retrieveVectors", ErrorCode::InvalidSearchRetrieveVectors,
                       member_of(get, &SearchQuery::retrieve_vectors))
                .field("personalizeUserContext", ErrorCode::InvalidSearchPersonalizeUserContext,
                       member_of(get, &SearchQuery::personalize_user_context));
    return show_rows(std::move(table), get, member_of(get, &SearchQuery::show_performance_details));
}

std::string_view trimmed(std::string_view text, std::string_view unwanted) {
    const std::size_t first = text.find_first_not_of(unwanted);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(unwanted) - first + 1);
}

}  // namespace

Result<SearchQuery> parse_search_query(const json::Value& body) {
    static const auto table = body_table();
    return table.parse(body);
}

Result<SearchQuery> parse_search_parameters(std::string_view raw_query) {
    static const auto table = parameter_table();
    MIROIR_TRY(SearchParameters given, table.parse_query(raw_query));
    SearchQuery query = std::move(given.query);
    if (given.filter) query.filter = filter_of_parameter(*given.filter);
    if (given.sort) query.sort = split_sort_parameter(*given.sort);
    if (given.hybrid_embedder) {
        query.hybrid = HybridQuery{.semantic_ratio = given.hybrid_semantic_ratio.value_or(0.5F),
                                   .embedder = std::move(*given.hybrid_embedder)};
    } else if (given.hybrid_semantic_ratio) {
        return fail(ErrorCode::InvalidSearchHybridQuery,
                    "`hybridEmbedder` is mandatory when `hybridSemanticRatio` is present");
    }
    if (query.vector && !query.hybrid) {
        return fail(ErrorCode::MissingSearchHybrid, "`hybridEmbedder` is mandatory when `vector` is present");
    }
    return query;
}

Result<void> check_search_query(const SearchQuery& query, const SearchFeatures& features) {
    if (query.use_network) {
        MIROIR_CHECK(check_feature(features.network, "passing `useNetwork` in a search query", Feature::Network));
    }
    if (query.media && query.vector) {
        return fail(ErrorCode::InvalidSearchMediaAndVector,
                    "Invalid request: both `media` and `vector` parameters are present.");
    }
    if ((query.media || query.vector) && !query.hybrid) {
        return fail(ErrorCode::MissingSearchHybrid,
                    "Invalid request: missing `hybrid` parameter when `vector` or `media` are present.");
    }
    if (!query.personalize_user_context) return {};
    return check_feature(features.personalization, "reranking search results", Feature::Personalization);
}

Result<void> check_media(const SearchQuery& query, const SearchFeatures& features) {
    if (!query.media) return {};
    return check_feature(features.multimodal, "passing `media` in a search query", Feature::Multimodal);
}

// A piece behind "_geoPoint(" belongs to it until one ends with "):asc" or "):desc".
std::vector<std::string> split_sort_parameter(std::string_view text) {
    std::vector<std::string> parts;
    bool inside_point = false;
    text = trimmed(text, "\"");
    for (bool more = true; more;) {
        const std::size_t comma = text.find(',');
        const std::string_view piece = trimmed(text.substr(0, comma), " \t\n\r\v\f");
        more = comma != std::string_view::npos;
        if (more) text.remove_prefix(comma + 1);
        if (piece.starts_with("_geoPoint(")) {
            parts.emplace_back(piece);
            inside_point = true;
        } else if (inside_point) {
            parts.back().append(",").append(piece);
            inside_point = !piece.ends_with("):desc") && !piece.ends_with("):asc");
        } else {
            parts.emplace_back(piece);
        }
    }
    return parts;
}

}  // namespace miroir::protocol
