#include "node/retrieve/facets/distribution.h"

#include <gtest/gtest.h>

#include "node/retrieve/facets/facet_search.h"
#include "node/retrieve/small_index_for_test.h"

namespace miroir::node {
namespace {

constexpr std::string_view kShirts = R"([
    {"id": 0, "size": "XL", "colour": {"main": "red"}}, {"id": 1, "size": 31}, {"id": 2, "size": [4.5, "3", 3]},
    {"id": 3, "size": "xl"}, {"id": 4, "size": "M"}, {"id": 5, "size": 4}])";

class DistributionTest : public testing::Test {
protected:
    DistributionTest() {
        settings_.filterable_attributes = plain_rules({"size", "colour.main"});
        index_ = small_index(settings_, kShirts);
    }
    void change(const std::function<void(protocol::Settings&)>& what) {
        what(settings_);
        index_ = small_index(settings_, kShirts);
    }
    std::string counts(const std::vector<std::string>& facets, const DocIds& among) {
        const auto counted = count_facets(index_, facets, among);
        return counted ? json::to_text(distribution_to_json(*counted)) : counted.error().message;
    }
    protocol::Settings settings_;
    Index index_;
};

TEST_F(DistributionTest, NumbersByTheirTextThenTextsInTheSpellingOfTheFirst) {
    // The number 3 and the text "3" are one key: the text is counted last and stands where the number stood.
    EXPECT_EQ(counts({"size"}, index_.document_ids()), R"({"size":{"3":1,"31":1,"4":1,"4.5":1,"M":1,"XL":2}})");
    DocIds later;
    later.addRange(3, 6);
    EXPECT_EQ(counts({"size"}, later), R"({"size":{"4":1,"M":1,"xl":1}})");
}

TEST_F(DistributionTest, ByCountTiesFallInDescendingOrder) {
    change([](protocol::Settings& settings) { settings.sort_facet_values_by["size"] = protocol::FacetOrder::Count; });
    EXPECT_EQ(counts({"size"}, index_.document_ids()), R"({"size":{"31":1,"4.5":1,"4":1,"3":1,"XL":2,"M":1}})");
}

TEST_F(DistributionTest, TheCapCountsNumbersAndTextsTogether) {
    change([](protocol::Settings& settings) { settings.max_values_per_facet = 5; });
    // The one text for which there is room is "3", whose key is there already.
    EXPECT_EQ(counts({"size"}, index_.document_ids()), R"({"size":{"3":1,"31":1,"4":1,"4.5":1}})");
}

TEST_F(DistributionTest, AnAskedFieldBringsWhatIsNestedInIt) {
    EXPECT_EQ(counts({"colour.main"}, index_.document_ids()), R"({"colour.main":{"red":1}})");
    EXPECT_TRUE(counts({"price"}, index_.document_ids()).starts_with("Invalid facet distribution: Pattern `price` is"));
}

TEST_F(DistributionTest, StatsAreOverNumbersOnly) {
    const Facets facets = count_facets(index_, {"size", "colour.main"}, index_.document_ids()).value();
    EXPECT_EQ(json::to_text(stats_to_json(facets)), R"({"size":{"min":3.0,"max":31.0}})");
}

TEST_F(DistributionTest, FacetSearchKeepsTheSpellingOfTheWholeIndex) {
    DocIds third;
    third.add(3);
    EXPECT_EQ(search_facet(index_, "size", "x", third), (std::vector<FacetHit>{{.value = "XL", .count = 1}}));
    EXPECT_EQ(
        search_facet(index_, "size", std::nullopt, index_.document_ids()),
        (std::vector<FacetHit>{{.value = "3", .count = 1}, {.value = "M", .count = 1}, {.value = "XL", .count = 2}}));
}

}  // namespace
}  // namespace miroir::node
