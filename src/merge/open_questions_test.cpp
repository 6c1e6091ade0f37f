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

bool near_is_open(const std::vector<std::string>& nodes, std::vector<std::pair<int, int>> order, bool ties_only) {
    std::vector<NodeAnswer> answers;
    for (const std::string& hits : nodes) answers.push_back(answer(hits));
    std::vector<const Hit*> hits;
    for (const auto& [node, hit] : order)
        hits.push_back(&answers[static_cast<std::size_t>(node)].hits()[static_cast<std::size_t>(hit)]);
    return nearness_is_open(answers, hits, ties_only);
}

TEST(OpenQuestions, NearnessIsKnownOfTheBestHitsOnly) {
    const std::string near = R"("proximity":{"order":1,"score":1.0})";
    const std::string best = hit(R"("t":1)", kWords + near), fewer = hit(R"("t":2)", kFewer + near);
    EXPECT_FALSE(near_is_open({best + "," + best}, {{0, 0}, {0, 1}}, false));
    // One node would look at the best two, too, and at none behind them.
    const std::string both = best + "," + fewer;
    EXPECT_FALSE(near_is_open({both, both}, {{0, 0}, {1, 0}, {0, 1}, {1, 1}}, true));
    // The second node has none of the best: it looked at what one node would not have.
    EXPECT_TRUE(near_is_open({best + "," + best + "," + fewer, fewer}, {{0, 0}, {0, 1}, {0, 2}, {1, 0}}, true));
    EXPECT_FALSE(near_is_open({best + "," + best, fewer}, {{0, 0}, {0, 1}, {1, 0}}, true));
    EXPECT_TRUE(near_is_open({best + "," + best, fewer}, {{0, 0}, {0, 1}, {1, 0}}, false));
    // One node does not look at a single best hit, its own node did.
    EXPECT_TRUE(near_is_open({both, fewer}, {{0, 0}, {0, 1}, {1, 0}}, true));
    EXPECT_FALSE(near_is_open({best, fewer + "," + fewer}, {{0, 0}, {1, 0}, {1, 1}}, true));
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
