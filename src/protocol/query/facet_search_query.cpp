#include "protocol/query/search_fields.h"

namespace miroir::protocol {

// Everything else that a search may have is sent by SDKs and ignored.
Result<FacetSearchQuery> parse_facet_search_query(const json::Value& body) {
    using Query = FacetSearchQuery;
    static const auto get = [](Query& query) -> SearchQuery& { return query.search; };
    static const auto table =
        FieldTable<Query>()
            .allow_unknown()
            .field("facetQuery", ErrorCode::InvalidFacetSearchQuery, &Query::facet_query)
            .field("facetName", ErrorCode::InvalidFacetSearchFacetName, &Query::facet_name)
            .required(ErrorCode::MissingFacetSearchFacetName)
            .field("q", ErrorCode::InvalidSearchQ, member_of(get, &SearchQuery::q))
            .field("vector", ErrorCode::InvalidSearchVector, member_of(get, &SearchQuery::vector))
            .field("media", ErrorCode::InvalidSearchMedia, reader_of<Query>(get, &SearchQuery::media, read_anything))
            .field("hybrid", ErrorCode::InvalidSearchHybridQuery, member_of(get, &SearchQuery::hybrid))
            .field("filter", ErrorCode::InvalidSearchFilter, reader_of<Query>(get, &SearchQuery::filter, read_anything))
            .field("matchingStrategy", ErrorCode::InvalidSearchMatchingStrategy,
                   member_of(get, &SearchQuery::matching_strategy))
            .field("attributesToSearchOn", ErrorCode::InvalidSearchAttributesToSearchOn,
                   member_of(get, &SearchQuery::attributes_to_search_on))
            .field("rankingScoreThreshold", ErrorCode::InvalidSearchRankingScoreThreshold,
                   reader_of<Query>(get, &SearchQuery::ranking_score_threshold, read_threshold))
            .field("locales", ErrorCode::InvalidSearchLocales,
                   reader_of<Query>(get, &SearchQuery::locales, read_locales))
            .field("exhaustiveFacetCount", ErrorCode::InvalidFacetSearchExhaustiveFacetCount,
                   &Query::exhaustive_facet_count)
            .field("useNetwork", ErrorCode::InvalidSearchUseNetwork, member_of(get, &SearchQuery::use_network));
    return table.parse(body);
}

}  // namespace miroir::protocol
