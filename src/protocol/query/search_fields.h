// The rows that search, multi-search and facet search have in common. Private to this folder.
#pragma once

#include "protocol/fields/fields.h"
#include "protocol/locales.h"
#include "protocol/query/search_query.h"

namespace miroir::protocol {

Result<void> read(const json::Value& value, const Place& place, MatchingStrategy& out);
Result<void> read(const json::Value& value, const Place& place, HybridQuery& out);

// Null, or a number from 0 to 1.
Result<void> read_threshold(const json::Value& value, const Place& place, std::optional<double>& out);
Result<void> read_locales(const json::Value& value, const Place& place, std::optional<std::vector<std::string>>& out);
// Null, or {"userContext": text}.
Result<void> read_personalize(const json::Value& value, const Place& place, std::optional<std::string>& out);
// Null, or anything.
Result<void> read_anything(const json::Value& value, const Place& place, std::optional<json::Value>& out);
// A filter in a query string is JSON if it can be, else an expression.
json::Value filter_of_parameter(const std::string& text);

// A reader for one member of the SearchQuery that `get` finds in T.
template <class T, class Get, class Member, class Read>
auto reader_of(Get get, Member member, Read read_member) {
    return [get, member, read_member](T& out, const json::Value& value, const Place& place) -> Result<void> {
        return read_member(value, place, get(out).*member);
    };
}
template <class Get, class Member>
auto member_of(Get get, Member member) {
    return [get, member](auto& out) -> auto& { return get(out).*member; };
}

// `offset` and `limit` say where these two are kept: multi-search must know whether they were given.
template <class T, class Get, class Offset, class Limit>
FieldTable<T> page_rows(FieldTable<T> table, Get get, Offset offset, Limit limit) {
    return std::move(table)
        .field("q", ErrorCode::InvalidSearchQ, member_of(get, &SearchQuery::q))
        .field("offset", ErrorCode::InvalidSearchOffset, offset)
        .field("limit", ErrorCode::InvalidSearchLimit, limit)
        .field("page", ErrorCode::InvalidSearchPage, member_of(get, &SearchQuery::page))
        .field("hitsPerPage", ErrorCode::InvalidSearchHitsPerPage, member_of(get, &SearchQuery::hits_per_page))
        .field("attributesToRetrieve", ErrorCode::InvalidSearchAttributesToRetrieve,
               member_of(get, &SearchQuery::attributes_to_retrieve))
        .field("attributesToCrop", ErrorCode::InvalidSearchAttributesToCrop,
               member_of(get, &SearchQuery::attributes_to_crop))
        .field("cropLength", ErrorCode::InvalidSearchCropLength, member_of(get, &SearchQuery::crop_length))
        .field("cropMarker", ErrorCode::InvalidSearchCropMarker, member_of(get, &SearchQuery::crop_marker))
        .field("attributesToHighlight", ErrorCode::InvalidSearchAttributesToHighlight,
               member_of(get, &SearchQuery::attributes_to_highlight))
        .field("highlightPreTag", ErrorCode::InvalidSearchHighlightPreTag,
               member_of(get, &SearchQuery::highlight_pre_tag))
        .field("highlightPostTag", ErrorCode::InvalidSearchHighlightPostTag,
               member_of(get, &SearchQuery::highlight_post_tag))
        .field("showMatchesPosition", ErrorCode::InvalidSearchShowMatchesPosition,
               member_of(get, &SearchQuery::show_matches_position));
}

template <class T, class Get>
FieldTable<T> match_rows(FieldTable<T> table, Get get) {
    return std::move(table)
        .field("distinct", ErrorCode::InvalidSearchDistinct, member_of(get, &SearchQuery::distinct))
        .field("facets", ErrorCode::InvalidSearchFacets, member_of(get, &SearchQuery::facets))
        .field("matchingStrategy", ErrorCode::InvalidSearchMatchingStrategy,
               member_of(get, &SearchQuery::matching_strategy))
        .field("attributesToSearchOn", ErrorCode::InvalidSearchAttributesToSearchOn,
               member_of(get, &SearchQuery::attributes_to_search_on))
        .field("rankingScoreThreshold", ErrorCode::InvalidSearchRankingScoreThreshold,
               reader_of<T>(get, &SearchQuery::ranking_score_threshold, read_threshold))
        .field("locales", ErrorCode::InvalidSearchLocales, reader_of<T>(get, &SearchQuery::locales, read_locales));
}

template <class T, class Get, class Performance>
FieldTable<T> show_rows(FieldTable<T> table, Get get, Performance performance) {
    return std::move(table)
        .field("useNetwork", ErrorCode::InvalidSearchUseNetwork, member_of(get, &SearchQuery::use_network))
        .field("showRankingScore", ErrorCode::InvalidSearchShowRankingScore,
               member_of(get, &SearchQuery::show_ranking_score))
        .field("showRankingScoreDetails", ErrorCode::InvalidSearchShowRankingScoreDetails,
               member_of(get, &SearchQuery::show_ranking_score_details))
        .field("showPerformanceDetails", ErrorCode::InvalidSearchShowPerformanceDetails, performance);
}

// The rows that only bodies have, between match_rows and show_rows.
template <class T, class Get>
FieldTable<T> vector_rows(FieldTable<T> table, Get get) {
    return std::move(table)
        .field("hybrid", ErrorCode::InvalidSearchHybridQuery, member_of(get, &SearchQuery::hybrid))
        .field("vector", ErrorCode::InvalidSearchVector, member_of(get, &SearchQuery::vector))
        .field("retrieveVectors", ErrorCode::InvalidSearchRetrieveVectors,
               member_of(get, &SearchQuery::retrieve_vectors))
        .field("media", ErrorCode::InvalidSearchMedia, reader_of<T>(get, &SearchQuery::media, read_anything))
        .field("personalize", ErrorCode::InvalidSearchPersonalize,
               reader_of<T>(get, &SearchQuery::personalize_user_context, read_personalize));
}

}  // namespace miroir::protocol
