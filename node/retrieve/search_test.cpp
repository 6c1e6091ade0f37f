#include "node/retrieve/search.h"

#include <gtest/gtest.h>

#include "node/retrieve/small_index_for_test.h"
#include "protocol/query/documents_query.h"
#include "protocol/query/multi_search.h"

namespace miroir::node {
namespace {

constexpr std::string_view kFilms = R"([
    {"id": 1, "title": "The Glass Violin", "genre": "Drama", "year": 1978, "secret": "x"},
    {"id": 2, "title": "Violins at Dawn", "genre": "drama", "year": 2001, "secret": "y"},
    {"id": 3, "title": "Night Train", "genre": "Crime", "year": 2001, "secret": "z"},
    {"id": 4, "title": "Night Glass", "genre": "Comedy", "year": 1999, "secret": "z"}])";

class SearchTest : public testing::Test {
protected:
    SearchTest() {
        protocol::Settings settings;
        settings.filterable_attributes = plain_rules({"genre", "year"});
        settings.sortable_attributes = {"id", "year"};
        settings.displayed_attributes = {"id", "title", "genre", "year"};
        index_ = small_index(settings, kFilms);
    }

    json::Value ask(std::string_view body) {
        const auto answer = search("small", protocol::parse_search_query(from_text(body)).value(), reading(index_));
        return answer ? *answer : json::Value(answer.error().message);
    }
    std::string ids(const json::Value& answer) {
        std::string text;
        for (const json::Value& hit : answer.find("hits")->array()) text += json::to_text(*hit.find("id"));
        return text;
    }
    json::Value federated(std::string_view body) {
        const auto answer = multi_search(protocol::parse_multi_search(from_text(body)).value(), reading(index_));
        return answer ? *answer : json::Value(answer.error().message);
    }

    Index index_;
};

TEST_F(SearchTest, SaysItAllInTheEnginesOrder) {
    EXPECT_EQ(json::to_text(ask(R"({"sort": ["id:desc"], "limit": 1, "facets": ["year"]})")),
              R"({"hits":[{"id":4,"title":"Night Glass","genre":"Comedy","year":1999}],"query":"",)"
              R"("processingTimeMs":0,"limit":1,"offset":0,"estimatedTotalHits":4,)"
              R"("facetDistribution":{"year":{"1978":1,"1999":1,"2001":2}},)"
              R"("facetStats":{"year":{"min":1978.0,"max":2001.0}},"requestUid":"request"})");
}

TEST_F(SearchTest, PagesAreExhaustive) {
    const json::Value answer = ask(R"({"sort": ["id:asc"], "page": 2, "hitsPerPage": 3})");
    EXPECT_EQ(ids(answer), "4");
    EXPECT_EQ(answer.find("totalPages")->unsigned_integer(), 2U);
    EXPECT_EQ(answer.find("totalHits")->unsigned_integer(), 4U);
    EXPECT_EQ(ids(ask(R"({"page": 0})")), "");
}

TEST_F(SearchTest, DistinctKeepsOneOfEachValueWhateverItsCase) {
    const json::Value answer = ask(R"({"sort": ["id:asc"], "distinct": "genre", "facets": ["genre"]})");
    EXPECT_EQ(ids(answer), "134");
    EXPECT_EQ(answer.find("estimatedTotalHits")->unsigned_integer(), 3U);
    EXPECT_EQ(json::to_text(*answer.find("facetDistribution")), R"({"genre":{"Comedy":1,"Crime":1,"Drama":1}})");
}

TEST_F(SearchTest, FormatsWhatIsDisplayedOnly) {
    const json::Value answer = ask(
        R"({"q": "violin", "attributesToRetrieve": ["id"], "attributesToHighlight": ["title", "secret"],
            "attributesToCrop": ["title:1"], "showMatchesPosition": true, "sort": ["id:asc"]})");
    EXPECT_EQ(json::to_text(answer.find("hits")->array()[0]),
              R"({"id":1,"_formatted":{"id":"1","title":"…<em>Violin</em>"},)"
              R"("_matchesPosition":{"title":[{"start":10,"length":6}]}})");
}

TEST_F(SearchTest, RefusalsNameTheIndexWhenFoundWhileSearching) {
    EXPECT_TRUE(ask(R"({"filter": "secret = x"})").string().starts_with("Index `small`: Attribute `secret` is not"));
    EXPECT_EQ(ask(R"({"sort": ["title:asc"]})").string(),
              "Index `small`: Attribute `title` is not sortable. Available sortable attributes are: `id, year`.");
    EXPECT_EQ(ask(R"({"distinct": "title"})").string(),
              "Index `small`: Attribute `title` is not filterable and thus, cannot be used as distinct attribute. "
              "Available filterable attributes patterns are: `genre, year`.");
    EXPECT_EQ(ask(R"({"facets": ["*"]})").string(),
              "Invalid facet distribution: Pattern `*` is not filterable. Available filterable attributes patterns "
              "are: `genre, year`.");
}

TEST_F(SearchTest, AMissingIndexIs404AloneAnd400AmongOthers) {
    const auto alone = search("none", protocol::SearchQuery{}, reading(index_));
    EXPECT_EQ(alone.error().http_status(), 404);
    const auto request = protocol::parse_multi_search(from_text(R"({"queries": [{"indexUid": "none"}]})")).value();
    const auto among = multi_search(request, reading(index_));
    EXPECT_EQ(among.error().http_status(), 400);
    EXPECT_EQ(among.error().message, "Inside `.queries[0]`: Index `none` not found.");
}

TEST_F(SearchTest, FederationMergesByWeightAndShowsEachDocumentOnce) {
    const json::Value answer = federated(
        R"({"federation": {}, "queries": [
            {"indexUid": "small", "q": "night", "federationOptions": {"weight": 0.1}, "attributesToRetrieve": ["id"]},
            {"indexUid": "small", "q": "glass", "attributesToRetrieve": ["id"]}]})");
    EXPECT_EQ(ids(answer).size(), 3U);
    EXPECT_EQ(answer.find("estimatedTotalHits")->unsigned_integer(), 3U);
    EXPECT_EQ(answer.find("hits")->array().back().find("_federation")->find("queriesPosition")->unsigned_integer(), 0U);
}

TEST_F(SearchTest, FederationRefusesOptionsOfASingleQuery) {
    EXPECT_TRUE(federated(R"({"federation": {}, "queries": [{"indexUid": "small", "limit": 3}]})")
                    .string()
                    .starts_with("Inside `.queries[0]`: Using pagination options is not allowed"));
}

TEST_F(SearchTest, TheProxyHeaderAddsWhatAMergerNeeds) {
    ReadContext context = reading(index_);
    context.proxy = context.network = true;
    const auto request = protocol::parse_multi_search(from_text(
        R"({"federation": {"distinct": "genre"}, "queries": [{"indexUid": "small", "sort": ["year:desc"],
            "filter": "id = 3", "attributesToRetrieve": ["id"]}]})"));
    protocol::MultiSearch asked = request.value();
    asked.queries[0].search.filter.reset();
    const json::Value answer = multi_search(asked, context).value();
    EXPECT_EQ(json::to_text(answer.find("hits")->array()[0]),
              R"({"id":2,"_federation":{"indexUid":"small","queriesPosition":0,"weightedRankingScore":1.0,)"
              R"("weightedScoreValues":[{"sort":{"asc":false,"value":2001.0}}],"extra_document":{"genre":"drama"}}})");
}

TEST_F(SearchTest, MetadataOnlyWhenAskedFor) {
    ReadContext context = reading(index_);
    context.include_metadata = true;
    protocol::SearchQuery query;
    query.limit = 0;
    const json::Value answer = search("small", query, context).value();
    EXPECT_EQ(json::to_text(*answer.find("metadata")), R"({"queryUid":"query","indexUid":"small","primaryKey":"id"})");
}

TEST_F(SearchTest, DocumentsIgnoreDisplayedAttributes) {
    protocol::DocumentsQuery query;
    query.fields = {"id", "secret"};
    query.sort = {"year:desc", "id:desc"};
    query.offset = 1;
    query.limit = 2;
    EXPECT_EQ(json::to_text(list_documents("small", query, reading(index_)).value()),
              R"({"results":[{"id":2,"secret":"y"},{"id":4,"secret":"z"}],"offset":1,"limit":2,"total":4})");
    query.ids = {"4", "9", "1"};
    query.sort.reset();
    query.offset = 0;
    EXPECT_EQ(json::to_text(list_documents("small", query, reading(index_)).value()),
              R"({"results":[{"id":1,"secret":"x"},{"id":4,"secret":"z"}],"offset":0,"limit":2,"total":2})");
}

TEST_F(SearchTest, FacetSearchFindsValuesByTheirBeginning) {
    const auto query = protocol::parse_facet_search_query(from_text(R"({"facetName": "genre", "facetQuery": "DRA"})"));
    EXPECT_EQ(json::to_text(facet_search("small", query.value(), reading(index_)).value()),
              R"({"facetHits":[{"value":"Drama","count":2}],"facetQuery":"DRA","processingTimeMs":0})");
}

}  // namespace
}  // namespace miroir::node
