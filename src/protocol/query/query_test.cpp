#include <gtest/gtest.h>

#include "json/parse.h"
#include "json/write.h"
#include "protocol/query/documents_query.h"
#include "protocol/query/multi_search.h"

namespace miroir::protocol {
namespace {

template <class T>
std::string told(const Result<T>& parsed) {
    if (parsed) return "accepted";
    return std::string(error_row(parsed.error().code).wire) + ": " + parsed.error().message;
}

json::Value body(std::string_view text) { return *json::parse(text); }

TEST(SearchQuery, BodiesAreRefusedInTheEnginesWords) {
    const std::pair<std::string_view, std::string_view> kCases[] = {
        {R"({"q":3})",
         "invalid_search_q: Invalid value type at `.q`: expected a string, but found a positive integer: `3`"},
        {R"({"cropMarker":null})",
         "invalid_search_crop_marker: Invalid value type at `.cropMarker`: expected a string, but found null"},
        {R"({"matchingStrategy":"some"})",
         "invalid_search_matching_strategy: Unknown value `some` at `.matchingStrategy`: expected one of `last`, "
         "`all`, "
         "`frequency`"},
        {R"({"rankingScoreThreshold":-0.1})",
         "invalid_search_ranking_score_threshold: Invalid value at `.rankingScoreThreshold`: the value of "
         "`rankingScoreThreshold` is invalid, expected a float between `0.0` and `1.0`."},
        {R"({"hybrid":{"semanticRatio":0.5}})",
         "invalid_search_hybrid_query: Missing field `embedder` inside `.hybrid`"},
        {R"({"personalize":{"userContext":3}})",
         "invalid_search_personalize_user_context: Invalid value type at `.personalize.userContext`: expected a "
         "string, "
         "but found a positive integer: `3`"},
        {R"({"vector":["a"]})",
         "invalid_search_vector: Invalid value type at `.vector[0]`: expected a number, but found a string: `\"a\"`"},
        {R"({"filter":{"a":1},"media":[],"sort":null,"page":null})", "accepted"},
    };
    for (const auto& [text, expected] : kCases) EXPECT_EQ(told(parse_search_query(body(text))), expected) << text;
}

TEST(SearchQuery, ParametersMeanTheSame) {
    const auto query = parse_search_parameters(
        "q=a&limit=3&filter=%5B%22a%3D1%22%5D&sort=_geoPoint(1,2):asc,b:desc&facets=x,y&hybridEmbedder=e&vector=1,2.5"
        "&matchingStrategy=all&locales=en");
    ASSERT_TRUE(query) << query.error().message;
    EXPECT_EQ(json::to_text(to_json(*query)),
              R"({"q":"a","limit":3,"filter":["a=1"],"sort":["_geoPoint(1,2):asc","b:desc"],"facets":["x","y"],)"
              R"("matchingStrategy":"all","locales":["en"],"hybrid":{"semanticRatio":0.5,"embedder":"e"},)"
              R"("vector":[1.0,2.5]})");
    EXPECT_TRUE(*parse_search_query(to_json(*query)) == *query);
    EXPECT_EQ(parse_search_parameters("filter=a+%3D+1")->filter, json::Value("a = 1"));
    EXPECT_EQ(told(parse_search_parameters("vector=1")),
              "missing_search_hybrid: `hybridEmbedder` is mandatory when `vector` is present");
    EXPECT_EQ(told(parse_search_parameters("vector=a,b")),
              "invalid_search_vector: Invalid value in parameter `vector`: invalid float literal");
    EXPECT_EQ(told(parse_search_parameters("hybridSemanticRatio=2")),
              "invalid_search_semantic_ratio: Invalid value in parameter `hybridSemanticRatio`: the value of "
              "`semanticRatio` is invalid, expected a float between `0.0` and `1.0`.");
}

TEST(SearchQuery, CombinationsAreCheckedLater) {
    const auto check = [](std::string_view text, SearchFeatures features) {
        return told(check_search_query(*parse_search_query(body(text)), features));
    };
    EXPECT_EQ(check(R"({"vector":[1],"media":{}})", {}),
              "invalid_search_media_and_vector: Invalid request: both `media` and `vector` parameters are present.");
    EXPECT_EQ(
        check(R"({"media":{}})", {}),
        "missing_search_hybrid: Invalid request: missing `hybrid` parameter when `vector` or `media` are present.");
    EXPECT_EQ(
        check(R"({"useNetwork":false})", {}),
        "feature_not_enabled: passing `useNetwork` in a search query requires enabling the `network` experimental "
        "feature. See https://github.com/orgs/meilisearch/discussions/805");
    EXPECT_EQ(check(R"({"useNetwork":false})", {.network = true}), "accepted");
}

TEST(FacetSearchQuery, IgnoresWhatItDoesNotKnow) {
    EXPECT_EQ(told(parse_facet_search_query(body(R"({"facetName":"a","limit":"x","colour":1})"))), "accepted");
    EXPECT_EQ(told(parse_facet_search_query(body(R"({"facetQuery":"b"})"))),
              "missing_facet_search_facet_name: Missing field `facetName`");
    EXPECT_EQ(parse_facet_search_query(body(R"({"facetName":"a","q":"x"})"))->search.q, "x");
}

TEST(SimilarQuery, NeedsIdAndEmbedder) {
    EXPECT_EQ(told(parse_similar_query(body(R"({"id":4})"))), "bad_request: Missing field `embedder`");
    EXPECT_EQ(told(parse_similar_parameters("embedder=e")), "bad_request: Missing parameter `id`");
    EXPECT_EQ(parse_similar_parameters("id=4&embedder=e&filter=a=1")->filter, json::Value("a=1"));
    EXPECT_EQ(told(document_id_of(body("1.5"), "Invalid value at `.id`: ", ErrorCode::InvalidSimilarId)),
              "invalid_similar_id: Invalid value at `.id`: Document identifier `1.5` is invalid. A document identifier "
              "can be of type integer or string, only composed of alphanumeric characters (a-z A-Z 0-9), hyphens (-) "
              "and underscores (_), and can not be more than 511 bytes.");
}

TEST(MultiSearch, QueriesAreToldByPlace) {
    EXPECT_EQ(told(parse_multi_search(body("{}"))), "bad_request: Missing field `queries`");
    EXPECT_EQ(told(parse_multi_search(body(R"({"queries":[{"q":"a"}]})"))),
              "missing_index_uid: Missing field `indexUid` inside `.queries[0]`");
    EXPECT_EQ(told(parse_multi_search(body(R"({"queries":[{"indexUid":"f","federationOptions":{"weight":-1}}]})"))),
              "invalid_multi_search_weight: Invalid value at `.queries[0].federationOptions.weight`: the value of "
              "`weight` is invalid, expected a positive float (>= 0.0).");
    EXPECT_EQ(told(parse_multi_search(body(R"({"queries":[],"federation":{"mergeFacets":{"limit":1}}})"))),
              "invalid_multi_search_merge_facets: Unknown field `limit` inside `.federation.mergeFacets`: expected one "
              "of `maxValuesPerFacet`");
}

TEST(MultiSearch, FederationRefusesWhatItTakesItself) {
    const auto check = [](std::string_view query) {
        const auto parsed =
            parse_multi_search(body(R"({"federation":{"distinct":"d"},"queries":[)" + std::string(query) + "]}"));
        return told(check_federated_query(*parsed->federation, parsed->queries.front()));
    };
    EXPECT_EQ(check(R"({"indexUid":"films"})"), "accepted");
    EXPECT_EQ(
        check(R"({"indexUid":"films","limit":20})"),
        "invalid_multi_search_query_pagination: Using pagination options is not allowed in federated queries.\n - "
        "Hint: remove `limit` from the query or remove `federation` from the request\n - Hint: pass "
        "`federation.limit` and `federation.offset` for pagination in federated search");
    EXPECT_EQ(check(R"({"indexUid":"films","facets":["genres"]})"),
              "invalid_multi_search_query_facets: Using facet options is not allowed in federated queries.\n - Hint: "
              "remove `facets` from the query or remove `federation` from the request\n - Hint: pass "
              "`federation.facetsByIndex.films: [\"genres\"]` for facets in federated search");
    EXPECT_TRUE(check(R"({"indexUid":"films","showPerformanceDetails":false})")
                    .starts_with("invalid_multi_search_query_show_performance_details"));
    EXPECT_TRUE(check(R"({"indexUid":"films","distinct":"a"})").starts_with("invalid_multi_search_distinct"));
    EXPECT_EQ(inside_query(2, Error{.message = "x"}).message, "Inside `.queries[2]`: x");
}

TEST(DocumentsQuery, BodyAndParametersDifferInStars) {
    EXPECT_FALSE(parse_documents_parameters("fields=a,*")->fields.has_value());
    EXPECT_EQ(parse_documents_query(body(R"({"fields":["*"]})"))->fields, (std::vector<std::string>{"*"}));
    EXPECT_EQ(parse_documents_query(body(R"({"ids":[1,"a",-3]})"))->ids, (std::vector<std::string>{"1", "a", "-3"}));
    EXPECT_TRUE(told(parse_documents_query(body(R"({"ids":[1,1.5]})")))
                    .starts_with("invalid_document_ids: In `.ids[1]`: Document identifier `1.5` is invalid."));
    // A quirk of the engine: the parameter cannot be given at all.
    EXPECT_EQ(
        told(parse_documents_parameters("useNetwork=true")),
        "invalid_document_use_network: Invalid value type for parameter `useNetwork`: expected a string, but found "
        "a string: `true`");
    EXPECT_EQ(
        told(parse_fields_query(body(R"({"filter":{"displayed":1}})"))),
        "invalid_index_fields_filter_displayed: Invalid value type at `.filter.displayed`: expected a boolean, but "
        "found a positive integer: `1`");
}

}  // namespace
}  // namespace miroir::protocol
