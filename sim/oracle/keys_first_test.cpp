// Deep pages, whose documents are fetched after it is known which they are: each is that of one node, whatever happens
// in between.
#include <gtest/gtest.h>

#include "json/write.h"
#include "sim/oracle/duel.h"

namespace miroir::sim {
namespace {

using namespace std::chrono_literals;

constexpr int kDocuments = 600;

json::Value documents() {
    json::Array out;
    for (int i = 0; i < kDocuments; ++i) {
        out.emplace_back(json::Object{{"id", i * 7919 % 100'003},
                                      {"title", i % 2 == 0 ? "a hotel by the sea" : "the old sea hotel of the town"},
                                      {"price", i % 9},
                                      {"_geo", json::Object{{"lat", i % 7}, {"lng", i % 11}}},
                                      {"_vectors", json::Object{{"v", json::Array{i % 3, i % 5, 1}}}}});
    }
    return out;
}

Story story() {
    Story out{.nodes = 3, .replicas = 2, .shards = 16, .settings = {}, .writes = {}};
    const json::Object embedder{{"source", "userProvided"}, {"dimensions", 3}};
    out.settings = {{"sortableAttributes", json::Array{"price", "_geo"}},
                    {"filterableAttributes", json::Array{"price"}},
                    {"embedders", json::Object{{"v", embedder}}}};
    out.writes.push_back({.method = "POST", .path = "/documents", .body = documents()});
    return out;
}

Question searching(json::Object body) {
    if (!body.contains("offset") && !body.contains("page")) body.append("offset", 450);
    return {.method = "POST", .path = "/indexes/i/search", .body = std::move(body)};
}

// Did it ask for keys first?
bool goes_twice(Duel& duel, const Question& question) {
    const Spoken told = duel.ask_cluster({.path = "/indexes/i/explain", .body = question.body});
    const json::Value* merge = told.body.find("merge");
    return merge != nullptr && merge->find("keysFirst") != nullptr;
}

TEST(KeysFirst, DeepPagesShowWhatOneNodeShows) {
    Duel duel(story(), 1);
    ASSERT_EQ(duel.trouble(), std::nullopt);
    using json::Array;
    const json::Object searches[] = {
        {},
        {{"q", "sea"}, {"attributesToRetrieve", Array{"price"}}},
        {{"q", "sea hotel"}, {"attributesToHighlight", Array{"*"}}, {"showMatchesPosition", true}},
        {{"q", "sea hotel"}, {"attributesToCrop", Array{"title"}}, {"cropLength", 2}},
        {{"sort", Array{"price:desc"}}, {"showRankingScoreDetails", true}, {"showRankingScore", true}},
        {{"sort", Array{"_geoPoint(3, 4):asc"}}, {"attributesToRetrieve", Array{"id"}}},
        {{"retrieveVectors", true}, {"attributesToRetrieve", Array{"id", "_vectors"}}},
        {{"facets", Array{"price"}}, {"attributesToRetrieve", Array()}},
        {{"page", 20}, {"hitsPerPage", 20}, {"filter", "price > 2"}},
        {{"offset", 590}, {"limit", 50}},
        {{"q", "sea"}, {"rankingScoreThreshold", 0.2}, {"offset", 450}},
    };
    for (const json::Object& body : searches) {
        const Question asked = searching(body);
        EXPECT_TRUE(goes_twice(duel, asked)) << json::to_text(asked.body);
        EXPECT_EQ(difference(duel.ask_cluster(asked), duel.ask_alone(asked)), std::nullopt)
            << json::to_text(asked.body);
    }
}

TEST(KeysFirst, PagesNearTheBeginningGoOnce) {
    Duel duel(story(), 1);
    EXPECT_FALSE(goes_twice(duel, searching({{"offset", 0}})));
    EXPECT_FALSE(goes_twice(duel, searching({{"offset", 379}})));
    EXPECT_FALSE(goes_twice(duel, searching({{"offset", 500}, {"limit", 0}})));
}

const Question kPage = searching({{"sort", json::Array{"price:asc"}}, {"limit", 40}});

std::string id_of_hit(Duel& duel, std::size_t place) {
    const Spoken page = duel.ask_alone(kPage);
    return json::to_text(*page.body.find("hits")->array()[place].find("id"));
}

TEST(KeysFirst, ADocumentThatGoesMeanwhile) {
    Duel duel(story(), 1);
    const Write gone{.path = "/documents/delete-batch", .body = json::Array{json::Value(id_of_hit(duel, 7))}};
    const Spoken ours = duel.ask_cluster_amid(kPage, 300ms, [&] { duel.tell_nodes(gone); });
    EXPECT_EQ(difference(ours, duel.ask_alone(kPage)), std::nullopt);
}

TEST(KeysFirst, ADocumentThatBelongsElsewhereMeanwhile) {
    Duel duel(story(), 1);
    const std::string id = id_of_hit(duel, 7);
    const json::Object changed{{"id", std::stoi(id)}, {"price", 100}};
    const Spoken ours = duel.ask_cluster_amid(kPage, 300ms, [&] {
        duel.tell_nodes({.method = "PUT", .path = "/documents", .body = json::Array{json::Value(changed)}});
    });
    for (const json::Value& hit : ours.body.find("hits")->array()) EXPECT_NE(json::to_text(*hit.find("id")), id);
}

TEST(KeysFirst, ANodeThatDiesMeanwhile) {
    Duel duel(story(), 1);
    const Spoken ours = duel.ask_cluster_amid(kPage, 300ms, [&] { duel.kill(1); });
    EXPECT_EQ(difference(ours, duel.ask_alone(kPage)), std::nullopt);
}

}  // namespace
}  // namespace miroir::sim
