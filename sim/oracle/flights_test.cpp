// What several ask for at once is asked of the nodes once.
#include <gtest/gtest.h>

#include "sim/oracle/duel.h"

namespace miroir::sim {
namespace {

TEST(Flights, EqualReadsAtOnceAreOneForTheNodes) {
    Story story{.nodes = 3, .replicas = 1, .shards = 8, .settings = {}, .writes = {}};
    story.settings = {{"filterableAttributes", json::Array{"color", "kind"}}};
    json::Array documents;
    for (int i = 0; i < 30; ++i)
        documents.emplace_back(json::Object{{"id", i}, {"color", i % 2 == 0 ? "red" : "blue"}, {"kind", i % 3}});
    story.writes.push_back({.method = "POST", .path = "/documents", .body = std::move(documents)});
    Duel duel(story, 1);
    ASSERT_EQ(duel.trouble(), std::nullopt);
    const json::Object colors{{"facetName", "color"}}, reds{{"facetName", "color"}, {"facetQuery", "r"}};
    const Question counting{.method = "POST", .path = "/indexes/i/facet-search", .body = colors};
    const Question searching{.method = "POST", .path = "/indexes/i/search", .body = json::Object{{"q", "red"}}};
    for (const Question& question : {counting, searching}) {
        EXPECT_EQ(duel.requests_for(question, 1), 3u) << question.path;
        EXPECT_EQ(duel.requests_for(question, 5), 3u) << question.path;
        EXPECT_EQ(difference(duel.ask_cluster(question), duel.ask_alone(question)), std::nullopt);
    }
    const Question other{.method = "POST", .path = "/indexes/i/facet-search", .body = reds};
    EXPECT_EQ(difference(duel.ask_cluster(other), duel.ask_alone(other)), std::nullopt);
}

}  // namespace
}  // namespace miroir::sim
