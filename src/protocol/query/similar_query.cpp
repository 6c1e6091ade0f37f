#include "protocol/query/search_fields.h"

namespace miroir::protocol {

namespace {

Result<void> read_id(SimilarQuery& query, const json::Value& value, const Place& /*place*/) {
    query.id = value;
    return {};
}

Result<void> read_filter(SimilarQuery& query, const json::Value& value, const Place& place) {
    if (place.format() == Format::Json) return read_anything(value, place, query.filter);
    std::string text;
    MIROIR_CHECK(read(value, place, text));
    query.filter = filter_of_parameter(text);
    return {};
}

Result<void> read_score_threshold(SimilarQuery& query, const json::Value& value, const Place& place) {
    return read_threshold(value, place, query.ranking_score_threshold);
}

using Table = FieldTable<SimilarQuery>;

Table page_rows(Table table) {
    return std::move(table)
        .field("offset", ErrorCode::InvalidSimilarOffset, &SimilarQuery::offset)
        .field("limit", ErrorCode::InvalidSimilarLimit, &SimilarQuery::limit);
}

Table show_rows(Table table) {
    return std::move(table)
        .field("showRankingScore", ErrorCode::InvalidSimilarShowRankingScore, &SimilarQuery::show_ranking_score)
        .field("showRankingScoreDetails", ErrorCode::InvalidSimilarShowRankingScoreDetails,
               &SimilarQuery::show_ranking_score_details)
        .field("showPerformanceDetails", ErrorCode::InvalidSimilarShowPerformanceDetails,
               &SimilarQuery::show_performance_details)
        .field("rankingScoreThreshold", ErrorCode::InvalidSimilarRankingScoreThreshold, read_score_threshold);
}

// The same members; their order, seen in refusals, differs between body and parameters.
Table body_table() {
    return show_rows(
        page_rows(Table().field("id", ErrorCode::InvalidSimilarId, read_id).required())
            .field("filter", ErrorCode::InvalidSimilarFilter, read_filter)
            .field("embedder", ErrorCode::InvalidSimilarEmbedder, &SimilarQuery::embedder)
            .required()
            .field("attributesToRetrieve", ErrorCode::InvalidSimilarAttributesToRetrieve,
                   &SimilarQuery::attributes_to_retrieve)
            .field("retrieveVectors", ErrorCode::InvalidSimilarRetrieveVectors, &SimilarQuery::retrieve_vectors));
}

Table parameter_table() {
    return show_rows(
        page_rows(Table()
                      .field("id", ErrorCode::InvalidSimilarId, read_id)
                      .required()
                      .field("embedder", ErrorCode::InvalidSimilarEmbedder, &SimilarQuery::embedder)
                      .required())
            .field("attributesToRetrieve", ErrorCode::InvalidSimilarAttributesToRetrieve,
                   &SimilarQuery::attributes_to_retrieve)
            .field("retrieveVectors", ErrorCode::InvalidSimilarRetrieveVectors, &SimilarQuery::retrieve_vectors)
            .field("filter", ErrorCode::InvalidSimilarFilter, read_filter));
}

}  // namespace

Result<SimilarQuery> parse_similar_query(const json::Value& body) {
    static const auto table = body_table();
    return table.parse(body);
}

Result<SimilarQuery> parse_similar_parameters(std::string_view raw_query) {
    static const auto table = parameter_table();
    return table.parse_query(raw_query);
}

}  // namespace miroir::protocol
