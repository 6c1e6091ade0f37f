#include "protocol/score_details.h"

#include <gtest/gtest.h>

#include "json/parse.h"
#include "json/write.h"

namespace miroir::protocol {
namespace {

ScoreDetails full_list() {
    return {WordsScore{.matching = 2, .max = 3},
            TypoScore{.count = 1, .max = 4},
            ProximityScore{Fraction::of({.rank = 7, .max = 8})},
            AttributeRankScore{Fraction::of({.rank = 5, .max = 5})},
            SortScore{.field = "price", .ascending = false, .value = 12.0},
            WordPositionScore{Fraction::of({.rank = 19, .max = 21})},
            ExactAttributeScore{ExactType::NoExactMatch},
            ExactWordsScore{.matching = 1, .max = 2}};
}

TEST(ScoreDetails, LookAsTheEngineShowsThem) {
    const std::string text =
        R"({"words":{"order":0,"matchingWords":2,"maxMatchingWords":3,"score":0.6666666666666666},)"
        R"("typo":{"order":1,"typoCount":1,"maxTypoCount":4,"score":0.8},)"
        R"("proximity":{"order":2,"score":0.875},"attributeRank":{"order":3,"score":1.0},)"
        R"("price:desc":{"order":4,"value":12.0},"wordPosition":{"order":5,"score":0.9047619047619048},)"
        R"("exactness":{"order":6,"matchType":"noExactMatch","matchingWords":1,"maxMatchingWords":2,)"
        R"("score":0.2222222222222222}})";
    EXPECT_EQ(json::to_text(to_json(full_list(), AttributeShape::Separated)), text);
    const auto back = score_details_from_json(*json::parse(text));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(json::to_text(to_json(*back, AttributeShape::Separated)), text);
    EXPECT_EQ(compare(*back, full_list()), std::partial_ordering::equivalent);
}

TEST(ScoreDetails, TheOldAttributeRuleJoinsItsHalves) {
    const ScoreDetails details = {AttributeRankScore{Fraction::of({.rank = 3, .max = 4})},
                                  WordPositionScore{Fraction::of({.rank = 1, .max = 2})}};
    EXPECT_EQ(
        json::to_text(to_json(details, AttributeShape::Unified)),
        R"({"attribute":{"order":0,"attributeRankingOrderScore":0.75,"queryWordDistanceScore":0.5,"score":0.625}})");
}

TEST(ScoreDetails, HiddenAndGeoRules) {
    const ScoreDetails details = {
        SortScore{.field = "x", .redacted = true, .value = 1.0},
        GeoScore{.target_lat = 48, .target_lng = 2.5, .value = GeoScore::Point{.lat = 1, .lng = 2}, .distance = 3.5},
        VectorScore{}, SkippedScore{}};
    const std::string text =
        R"({"<hidden-rule-0>":{"order":0,"value":"<hidden>"},"_geoPoint(48, 2.5):asc":{"order":1,)"
        R"("value":{"lat":1.0,"lng":2.0},"distance":3.5},"vectorSort":{"order":2,"similarity":null},"skipped":{"order":3}})";
    EXPECT_EQ(json::to_text(to_json(details, AttributeShape::Separated)), text);
    const auto back = score_details_from_json(*json::parse(text));
    ASSERT_TRUE(back);
    EXPECT_EQ(std::get<GeoScore>((*back)[1]), std::get<GeoScore>(details[1]));
    EXPECT_FALSE(score_details_from_json(*json::parse(R"({"novelty":{"order":0,"score":1}})")));
}

TEST(ScoreDetails, FoldToOneScore) {
    EXPECT_EQ(global_score({}), 1.0);
    const ScoreDetails two = {WordsScore{.matching = 2, .max = 2}, TypoScore{.count = 1, .max = 1}};
    EXPECT_DOUBLE_EQ(global_score(two), ((2 - 1) * 2 + 1) / 4.0);
    EXPECT_EQ(global_score({WordsScore{.matching = 1, .max = 2}, VectorScore{.similarity = 0.5F}}), 0.5);
    // Two huge rules: the engine's product wraps around 32 bits, the true quotient does not.
    const ScoreDetails huge = {ProximityScore{Fraction::of({.rank = 90000, .max = 100000})},
                               AttributeRankScore{Fraction::of({.rank = 50000, .max = 100000})}};
    EXPECT_NEAR(global_score(huge, ScoreArithmetic::Exact), 0.899995, 1e-9);
    const std::uint32_t rank = 89999U * 100000U + 50000U;
    const std::uint32_t max = 100000U * 100000U;
    EXPECT_EQ(global_score(huge), static_cast<double>(rank) / max);
}

TEST(ScoreDetails, CompareByCountsNotByFractions) {
    const auto typo = [](std::uint32_t count, std::uint32_t max) { return ScoreDetail(TypoScore{count, max}); };
    EXPECT_EQ(compare(typo(1, 2), typo(1, 10)), std::partial_ordering::equivalent);
    EXPECT_EQ(compare(typo(1, 2), typo(2, 100)), std::partial_ordering::greater);
    EXPECT_EQ(compare(typo(1, 2), ScoreDetail(SkippedScore{})), std::partial_ordering::unordered);
    const auto geo = [](bool ascending, std::optional<double> distance) {
        return ScoreDetail(GeoScore{.ascending = ascending, .distance = distance});
    };
    EXPECT_EQ(compare(geo(true, 1.0), geo(true, 2.0)), std::partial_ordering::greater);
    EXPECT_EQ(compare(geo(false, 1.0), geo(false, 2.0)), std::partial_ordering::less);
    EXPECT_EQ(compare(geo(false, 1.0), geo(false, std::nullopt)), std::partial_ordering::greater);
}

TEST(ScoreDetails, SortValuesPutNumbersFirstAndNothingLastInBothDirections) {
    for (const bool ascending : {true, false}) {
        EXPECT_EQ(compare_sort_values(ascending, 5.0, "a"), std::weak_ordering::greater);
        EXPECT_EQ(compare_sort_values(ascending, nullptr, "a"), std::weak_ordering::less);
    }
    EXPECT_EQ(compare_sort_values(true, 1.0, 2.0), std::weak_ordering::greater);
    EXPECT_EQ(compare_sort_values(false, "a", "b"), std::weak_ordering::less);
}

TEST(ScoreDetails, WeightedScoresFoldRunsOfRules) {
    const auto scores = weighted_scores(full_list(), 2.0);
    ASSERT_EQ(scores.size(), 3U);
    EXPECT_EQ(scores[1].value, json::Value(12.0));
    EXPECT_EQ(json::to_text(to_json(scores)[1]), R"({"sort":{"asc":false,"value":12.0}})");
    // The engine's merge prefers the farther point whatever the direction.
    const auto geo = [](double distance) {
        return weighted_scores({GeoScore{.ascending = true, .distance = distance}}, 1);
    };
    EXPECT_EQ(compare_weighted(geo(2), 1, geo(1), 1), std::weak_ordering::greater);
    EXPECT_EQ(compare_weighted(scores, 1, geo(1), 0.5), std::weak_ordering::greater);
}

}  // namespace
}  // namespace miroir::protocol
