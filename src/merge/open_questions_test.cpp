#include "merge/open_questions.h"

#include <gtest/gtest.h>

namespace miroir::merge {
namespace {

NodeAnswer answer(const std::string& hits) {
    return NodeAnswer::read("{\"hits\":[" + hits + "],\"estimatedTotalHits\":9}").value();
}

std::string hit(const std::string& document, const std::string& details) {
    return "{" + document + ",\"_rankingScore\":1.0,\"_rankingScoreDetails\":{" + details + "}}";
}

std::vector<const Hit*> all_of(const NodeAnswer& answer) {
    std::vector<const Hit*> out;
    for (const Hit& hit : answer.hits()) out.push_back(&hit);
    return out;
}

const std::string kWords = R"("words":{"order":0,"matchingWords":2,"maxMatchingWords":2,"score":1.0},)";
const std::string kStarts = kWords + R"("exactness":{"order":1,"matchType":"matchesStart","score":0.6})";
const std::string kOther =
    kWords + R"("exactness":{"order":1,"matchType":"noExactMatch","matchingWords":1,"maxMatchingWords":2,"score":0.2})";
const std::string kFewer = R"("words":{"order":0,"matchingWords":1,"maxMatchingWords":2,"score":0.5},)";

TEST(OpenQuestions, ABeginningThatTheTextDoesNotShowIsOpenWhereItDecides) {
    const NodeAnswer open = answer(hit(R"("t":"Hotel teach")", kStarts) + "," + hit(R"("t":"x")", kOther));
    EXPECT_TRUE(beginning_is_open(all_of(open), "hotel hotels", true));
    const NodeAnswer shown =
        answer(hit(R"("t":{"u":["-- H\u00f4tel, HOTELS!"]})", kStarts) + "," + hit(R"("t":"x")", kOther));
    EXPECT_FALSE(beginning_is_open(all_of(shown), "hotel hotels", true));
    const NodeAnswer half = answer(hit(R"("t":"hotel hotelsy")", kStarts) + "," + hit(R"("t":"x")", kOther));
    EXPECT_TRUE(beginning_is_open(all_of(half), "hotel hotels", true));
}

// The quick look at plain texts and the careful one say the same.
TEST(OpenQuestions, ABeginningIsSeenInWhateverFormItIsSent) {
    const auto is_open = [](const std::string& document, std::string_view query) {
        const NodeAnswer of = answer(hit(document, kStarts) + "," + hit(R"("t":"x")", kOther));
        return beginning_is_open(all_of(of), query, true);
    };
    for (const std::string text : {"hotel  hotels", "Hotel, hotels.", "  (HOTEL) hotels on", "Ho\\u0074el hotels",
                                   "Hôtel hotels", "hotel hotels\\n", "hotel \\\"hotels\\\""})
        EXPECT_FALSE(is_open("\"t\":\"" + text + "\"", "Hotel hotels")) << text;
    for (const std::string text : {"", "hotel", "hotel hotelsy", "a hotel hotels", "hotelhotels", "hotel hôtelsy",
                                   "\\\\hotel", "hotel hotels\u0301y"})
        EXPECT_TRUE(is_open("\"t\":\"" + text + "\"", "hotel hotels")) << text;
    EXPECT_TRUE(is_open(R"("hotel hotels" : "teach")", "hotel hotels"));
    EXPECT_FALSE(is_open(R"("a\"b":1,"t":[2,{"u":"hotel hotels"}])", "hotel hotels"));
}

TEST(OpenQuestions, ABeginningThatDecidesNothingIsOpenOnlyForScores) {
    const NodeAnswer apart =
        answer(hit(R"("t":"Hotel teach")", kStarts) + "," +
               hit(R"("t":"x")", kFewer + R"("exactness":{"order":1,"matchType":"noExactMatch","score":0.2})"));
    EXPECT_FALSE(beginning_is_open(all_of(apart), "hotel hotels", true));
    EXPECT_TRUE(beginning_is_open(all_of(apart), "hotel hotels", false));
}

TEST(OpenQuestions, NearnessIsKnownOfTheBestHitsOnly) {
    const std::string near = R"("proximity":{"order":1,"score":1.0})";
    const NodeAnswer best = answer(hit(R"("t":1)", kWords + near) + "," + hit(R"("t":2)", kWords + near));
    EXPECT_FALSE(nearness_is_open(all_of(best), false));
    const NodeAnswer one = answer(hit(R"("t":1)", kWords + near) + "," + hit(R"("t":2)", kFewer + near));
    EXPECT_FALSE(nearness_is_open(all_of(one), true));
    EXPECT_TRUE(nearness_is_open(all_of(one), false));
    const NodeAnswer two = answer(hit(R"("t":1)", kWords + near) + "," + hit(R"("t":2)", kFewer + near) + "," +
                                  hit(R"("t":3)", kFewer + near));
    EXPECT_TRUE(nearness_is_open(all_of(two), true));
}

std::string place(const std::string& told, const std::string& own) {
    return hit("\"_geoDistance\":" + own, R"("_geoPoint(1.0, 1.0):asc":{"order":0,"distance":)" + told + "}");
}

TEST(OpenQuestions, PlacesWithinAMetreAreShownAsOne) {
    EXPECT_EQ(places_are_open(all_of(answer(place("10.0", "10") + "," + place("11.5", "12")))), PlacesOpen::No);
    EXPECT_EQ(places_are_open(all_of(answer(place("10.0", "10") + "," + place("10.4", "10")))), PlacesOpen::Shown);
    // The second node's first is within a metre of the first of all, this one of its places is not.
    EXPECT_EQ(places_are_open(all_of(answer(place("10.0", "10") + "," + place("10.4", "11")))), PlacesOpen::Order);
    EXPECT_EQ(
        places_are_open(all_of(answer(place("10.0", "10") + "," + place("10.8", "10") + "," + place("11.6", "12")))),
        PlacesOpen::Order);
}

}  // namespace
}  // namespace miroir::merge
