#include "node/retrieve/geo/shape.h"

#include <gtest/gtest.h>

#include <cmath>

#include "json/parse.h"
#include "node/search/geo/distance.h"

namespace miroir::node {
namespace {

json::Value shape(std::string_view text) { return json::parse(text).value(); }

const Line kBox{{.lat = 49, .lng = 3}, {.lat = 49, .lng = 6}, {.lat = 52, .lng = 6}, {.lat = 52, .lng = 3}};

TEST(Distance, IsTheHaversineToTheMillimetre) {
    EXPECT_EQ(metres_between({.lat = 27.740068, .lng = 85.337576}, {.lat = 27.740286, .lng = 85.337059}), 56.36);
    EXPECT_EQ(std::round(metres_between({.lat = 50, .lng = 5}, {.lat = 50.85, .lng = 4.35})), 105135);
    EXPECT_EQ(metres_between({.lat = 10, .lng = 20}, {.lat = 10, .lng = 20}), 0);
}

TEST(Distance, TheMiddleOfAGreatCircleLiesNorthOfTheParallel) {
    const GeoPoint middle = point_between({.lat = 50, .lng = 0}, {.lat = 50, .lng = 90}, 0.5);
    EXPECT_NEAR(middle.lng, 45, 1e-9);
    EXPECT_GT(middle.lat, 59);
}

TEST(Distance, DestinationIsAsFarAwayAsAsked) {
    const GeoPoint start{.lat = -15, .lng = 179.9};
    const GeoPoint end = destination(start, 90, 50'000);
    EXPECT_NEAR(arc_metres(start, end), 50'000, 0.01);
    EXPECT_LT(end.lng, 0);  // over the date line
}

TEST(Shape, PolygonsTouchWhenBordersCrossOrOneHoldsTheOther) {
    const Area area(kBox);
    EXPECT_TRUE(area.touches(shape(R"({"type":"Polygon","coordinates":[[[4,50],[5,50],[5,51],[4,51],[4,50]]]})")));
    EXPECT_TRUE(area.touches(shape(R"({"type":"Polygon","coordinates":[[[5,50],[8,50],[8,51],[5,50]]]})")));
    EXPECT_TRUE(area.touches(shape(R"({"type":"Polygon","coordinates":[[[0,40],[20,40],[20,60],[0,60],[0,40]]]})")));
    EXPECT_FALSE(area.touches(shape(R"({"type":"Polygon","coordinates":[[[8,53],[10,53],[10,55],[8,53]]]})")));
}

TEST(Shape, LinesAndCollections) {
    const Area area(kBox);
    EXPECT_TRUE(area.touches(shape(R"({"type":"LineString","coordinates":[[0,50],[10,51]]})")));
    EXPECT_FALSE(area.touches(shape(R"({"type":"LineString","coordinates":[[0,60],[10,61]]})")));
    EXPECT_TRUE(area.touches(shape(
        R"({"type":"FeatureCollection","features":[{"type":"Feature","properties":null,
            "geometry":{"type":"Point","coordinates":[4.1,50.2]}}]})")));
    EXPECT_FALSE(area.touches(shape(R"({"type":"GeometryCollection","geometries":[]})")));
}

TEST(Shape, APointLevelWithACornerOfTheDensifiedBorderIsMissedAsByTheEngine) {
    const auto pier = shape(R"({"type":"Point","coordinates":[4.5,50.5]})");
    EXPECT_FALSE(Area(kBox).touches(pier));
    EXPECT_TRUE(Area(kBox).touches(shape(R"({"type":"Point","coordinates":[4.5,50.501]})")));
    EXPECT_TRUE(Area::circle({.lat = 50.5, .lng = 4.5}, 30'000, 125).touches(pier));
    EXPECT_TRUE(Area::circle({.lat = -40, .lng = -70}, 500, 125)
                    .touches(shape(R"({"type":"Feature","geometry":{"type":"Point","coordinates":[-70,-40]}})")));
}

}  // namespace
}  // namespace miroir::node
