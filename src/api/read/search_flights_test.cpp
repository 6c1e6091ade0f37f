#include "api/read/search_flights.h"

#include <gtest/gtest.h>

#include <set>

#include "json/parse.h"

namespace miroir::api {
namespace {

SearchWish wish_of(const plan::IndexEntry& index, std::string_view body = R"({"q": "moon"})") {
    return {.index = std::make_shared<const plan::IndexEntry>(index),
            .query = protocol::parse_search_query(*json::parse(std::string(body))).value(),
            .call = {}};
}

// Whatever the answer depends on tells two searches apart; how it was written does not.
TEST(FlightKey, HoldsAllThatTheAnswerDependsOn) {
    plan::IndexEntry index;
    index.uid = IndexUid{"films"};
    std::set<std::string> keys = {flight_key(wish_of(index))};
    EXPECT_TRUE(keys.contains(flight_key(wish_of(index, R"({"limit": 20, "q": "moon", "offset": 0})"))));

    std::vector<plan::IndexEntry> states(6, index);
    states[0].uid = IndexUid{"books"};
    states[1].created_at_ns = 7;
    states[2].epoch = 7;
    states[3].settings_version = 7;
    states[4].settings_turn = 7;
    states.pop_back();
    for (const plan::IndexEntry& state : states) EXPECT_TRUE(keys.insert(flight_key(wish_of(state))).second);
    for (const std::string_view body :
         {R"({"q": "sun"})", R"({"q": "moon", "filter": "tenant = 1"})", R"({"q": "moon", "filter": "tenant = 2"})",
          R"({"q": "moon", "limit": 21})", R"({"q": "moon", "page": 1})", R"({"q": "moon", "sort": ["a:asc"]})",
          R"({"q": "moon", "showRankingScore": true})", R"({"q": "moon", "attributesToRetrieve": ["a"]})",
          R"({"q": "moon", "facets": ["a"]})", R"({"q": "moon", "rankingScoreThreshold": 0.5})",
          R"({"q": "moon", "hybrid": {"embedder": "e", "semanticRatio": 0.5}})",
          R"({"q": "moon", "hybrid": {"embedder": "e", "semanticRatio": 0.25}})", R"({"q": "moon", "vector": [1, 2]})",
          R"({"q": "moon", "vector": [1, 3]})"}) {
        EXPECT_TRUE(keys.insert(flight_key(wish_of(index, body))).second) << body;
    }
    SearchWish pinned = wish_of(index);
    pinned.pin = 7;
    EXPECT_TRUE(keys.insert(flight_key(pinned)).second);
    SearchWish apart = wish_of(index);
    apart.options.apart = true;
    EXPECT_TRUE(keys.insert(flight_key(apart)).second);
}

}  // namespace
}  // namespace miroir::api
