#include "node/retrieve/filter/evaluate.h"

#include <gtest/gtest.h>

#include "node/retrieve/small_index_for_test.h"

namespace miroir::node {
namespace {

constexpr std::string_view kGoods = R"([
    {"id": 0, "kind": "Mug", "price": 5, "tags": ["red", "big"], "deep": {"a": 1}},
    {"id": 1, "kind": "lamp", "price": 12.5, "tags": [], "deep": {"a": 2}},
    {"id": 2, "kind": "Lamp shade", "price": "12.5", "tags": null},
    {"id": 3, "kind": "", "price": [3, "x"], "deep": [{"a": 1}, {"a": 3}], "sold": true},
    {"id": 4, "name": "no kind"}])";

class FilterTest : public testing::Test {
protected:
    FilterTest() {
        protocol::Settings settings;
        settings.filterable_attributes = plain_rules({"id", "kind", "price", "tags", "deep.a", "sold"});
        protocol::FilterableRule equality{.patterns = {"name"}, .is_pattern = true, .features = {}};
        settings.filterable_attributes.push_back(equality);
        index_ = small_index(settings, kGoods);
    }

    std::string passing(std::string_view expression) {
        const auto filter = protocol::parse_filter_expression(expression, ErrorCode::InvalidSearchFilter);
        if (!filter) return filter.error().message;
        const auto found = evaluate_filter(index_, *filter, ErrorCode::InvalidSearchFilter);
        if (!found) return found.error().message;
        std::string ids;
        for (const DocId id : *found) ids += index_.external_id(id);
        return ids;
    }

    Index index_;
};

TEST_F(FilterTest, EqualityIgnoresCaseAndTriesNumbersAndTexts) {
    EXPECT_EQ(passing("kind = mug"), "0");
    EXPECT_EQ(passing("price = 12.5"), "12");
    EXPECT_EQ(passing("price != 12.5"), "034");
    EXPECT_EQ(passing("sold = true"), "3");
    EXPECT_EQ(passing("tags IN [big, green]"), "0");
    EXPECT_EQ(passing("kind NOT IN [mug, lamp]"), "234");
}

TEST_F(FilterTest, RangesCompareLikeWithLike) {
    EXPECT_EQ(passing("price > 4"), "013");  // "x" > "4" as a text
    EXPECT_EQ(passing("price 3 TO 5"), "03");
    EXPECT_EQ(passing("price 5 TO 3"), "");
    EXPECT_EQ(passing("price <= 3"), "23");  // "12.5" <= "3" as a text
    EXPECT_EQ(passing("kind >= lamp"), "012");
}

TEST_F(FilterTest, NullEmptyAndExists) {
    EXPECT_EQ(passing("tags IS NULL"), "2");
    EXPECT_EQ(passing("tags IS EMPTY"), "1");
    EXPECT_EQ(passing("kind IS EMPTY"), "3");
    EXPECT_EQ(passing("kind EXISTS"), "0123");
    EXPECT_EQ(passing("kind NOT EXISTS"), "4");
}

TEST_F(FilterTest, NestedPathsCrossLists) {
    EXPECT_EQ(passing("deep.a = 1"), "03");
    EXPECT_EQ(passing("deep.a > 1"), "13");
}

TEST_F(FilterTest, ContainsAndStartsWith) {
    EXPECT_EQ(passing("kind CONTAINS SHADE"), "2");
    EXPECT_EQ(passing("kind STARTS WITH lamp"), "12");
    EXPECT_EQ(passing("kind STARTS WITH ''"), "0123");
}

TEST_F(FilterTest, Combinations) {
    EXPECT_EQ(passing("kind = mug OR price = 3"), "03");
    EXPECT_EQ(passing("NOT (kind = mug OR price = 3) AND kind EXISTS"), "12");
}

TEST_F(FilterTest, Refusals) {
    EXPECT_EQ(passing("colour = red"),
              "Attribute `colour` is not filterable. Available filterable attribute patterns are: `deep.a`, `id`, "
              "`kind`, `name`, `price`, `sold`, `tags`.\n1:7 colour = red");
    EXPECT_TRUE(passing("name > a").starts_with("Filter operator `>` is not allowed for the attribute `name`."));
    EXPECT_TRUE(passing("_geoRadius(1, 2, 3)").starts_with("Attribute `_geo/_geojson` is not filterable."));
}

TEST_F(FilterTest, WhatAnEmptyConjunctionHidesIsNotRefused) { EXPECT_EQ(passing("kind = nothing AND name > a"), ""); }

TEST(FilterPlaces, PointsAndShapes) {
    protocol::Settings settings;
    settings.filterable_attributes = plain_rules({"_geo"});
    const Index index = small_index(settings, R"([
        {"id": 0, "_geo": {"lat": 50, "lng": 5}}, {"id": 1, "_geo": {"lat": "-17", "lng": "179"}},
        {"id": 2, "_geo": {"lat": -17, "lng": -179}}, {"id": 3}])");
    const auto passing = [&](std::string_view expression) {
        const auto filter = protocol::parse_filter_expression(expression, ErrorCode::InvalidSearchFilter).value();
        return evaluate_filter(index, filter, ErrorCode::InvalidSearchFilter).value().toString();
    };
    EXPECT_EQ(passing("_geoRadius(50.1, 5, 12000)"), "{0}");
    EXPECT_EQ(passing("_geoRadius(-17, 180, 200000)"), "{1,2}");
    EXPECT_EQ(passing("_geoBoundingBox([51, 6], [49, 4])"), "{0}");
    EXPECT_EQ(passing("_geoBoundingBox([-10, -170], [-20, 170])"), "{1,2}");
}

}  // namespace
}  // namespace miroir::node
