#include "node/retrieve/sort_criteria.h"

#include <gtest/gtest.h>

namespace miroir::node {
namespace {

std::string refusal(const std::string& sort) {
    const auto parsed = parse_sort({sort}, ErrorCode::InvalidSearchSort);
    return parsed ? "accepted" : parsed.error().message;
}

TEST(SortCriteria, FieldsAndPoints) {
    const auto sort = parse_sort({"a:b:desc", "_geoPoint( 42 , -9.5):asc"}, ErrorCode::InvalidSearchSort).value();
    EXPECT_EQ(sort[0].field, "a:b");
    EXPECT_FALSE(sort[0].ascending);
    EXPECT_TRUE(sort[1].ascending);
    EXPECT_EQ(sort[1].point->lat, 42);
    EXPECT_EQ(sort[1].point->lng, -9.5);
}

TEST(SortCriteria, Refusals) {
    EXPECT_EQ(refusal("price"),
              "Invalid syntax for the sort parameter: expected expression ending by `:asc` or `:desc`, found `price`.");
    EXPECT_EQ(refusal("_geoPoint(100, 3):asc"),
              "Bad latitude `100`. Latitude must be contained between -90 and 90 degrees.");
    EXPECT_EQ(refusal("_geoPoint(10, 190):asc"),
              "Bad longitude `190`. Longitude must be contained between -180 and 180 degrees. Hint: try using `-170` "
              "instead.");
    EXPECT_EQ(
        refusal("_geoPoint(1):asc"),
        "Invalid syntax for the geo parameter: expected expression formated like `_geoPoint(latitude, longitude)` "
        "and ending by `:asc` or `:desc`, found `_geoPoint(1)`.");
    EXPECT_EQ(refusal("_geo:asc"),
              "`_geo` is a reserved keyword and thus can't be used as a sort expression. Use the _geoPoint(latitude, "
              "longitude) built-in rule to sort on _geo field coordinates.");
    EXPECT_EQ(refusal("_geoDistance:asc"),
              "`_geoDistance` is a reserved keyword and thus can't be used as a sort expression.");
}

}  // namespace
}  // namespace miroir::node
