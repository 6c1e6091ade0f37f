// What explain tells of a search that it carried out is what the search gives, hit by hit.
#include <gtest/gtest.h>

#include "cluster/placement.h"
#include "json/write.h"
#include "sim/oracle/duel.h"

namespace miroir::sim {
namespace {

Story story_of_hotels() {
    json::Array documents;
    for (int id = 0; id < 30; ++id) {
        const std::string title = id % 3 == 0 ? "grand hotel" : id % 3 == 1 ? "hotel by the grand sea" : "motel";
        documents.emplace_back(json::Object{{"id", id}, {"title", title}, {"price", id % 5}});
    }
    return {.nodes = 3,
            .replicas = 2,
            .shards = 8,
            .settings = {{"sortableAttributes", json::Array{"price"}}},
            .writes = {{.method = "POST", .path = "/documents", .body = std::move(documents)}}};
}

Question asking(const std::string& route, const json::Object& search, bool execute) {
    Question out{.method = "POST", .path = "/indexes/i/" + route, .body = search};
    if (execute) out.body.object().append("execute", true);
    return out;
}

const json::Object kSearch = {{"q", "grand hotel"}, {"sort", json::Array{"price:desc"}}, {"limit", 12}};

TEST(Explain, NamesShardNodeAndRuleOfEachHit) {
    Duel duel(story_of_hotels(), 1);
    ASSERT_EQ(duel.trouble(), std::nullopt);
    const Spoken searched = duel.ask_cluster(asking("search", kSearch, false));
    const Spoken told = duel.ask_cluster(asking("explain", kSearch, true));
    ASSERT_EQ(told.status, 200) << json::to_text(told.body);
    const json::Value& execution = *told.body.find("execution");
    const json::Array& hits = execution.find("hits")->array();
    const json::Array& page = searched.body.find("hits")->array();
    ASSERT_EQ(hits.size(), page.size());
    std::set<std::string> rules, nodes;
    for (std::size_t i = 0; i < hits.size(); ++i) {
        const json::Value& id = *page[i].find("id");
        EXPECT_EQ(*hits[i].find("id"), id);
        EXPECT_EQ(*hits[i].find("shard"), json::Value(cluster::shard_of(json::to_text(id), 8).value));
        nodes.insert(hits[i].find("node")->string());
        rules.insert(hits[i].find("decidedBy")->string());
        if (i + 1 < hits.size() && *page[i].find("price") != *page[i + 1].find("price") &&
            *page[i].find("title") == *page[i + 1].find("title"))
            EXPECT_EQ(hits[i].find("decidedBy")->string(), "price:desc");
    }
    EXPECT_GT(nodes.size(), 1u);
    EXPECT_TRUE(rules.contains("insertion"));  // ten documents of a kind, five prices
    EXPECT_TRUE(rules.contains("price:desc"));
    EXPECT_EQ(*execution.find("total"), *searched.body.find("estimatedTotalHits"));
    EXPECT_TRUE(execution.find("failed")->array().empty());
    EXPECT_TRUE(execution.find("missingShards")->array().empty());
}

TEST(Explain, WithoutExecuteItOnlyPlans) {
    Duel duel(story_of_hotels(), 1);
    const Spoken told = duel.ask_cluster(asking("explain", kSearch, false));
    ASSERT_EQ(told.status, 200);
    EXPECT_EQ(told.body.find("execution"), nullptr);
    EXPECT_FALSE(told.body.find("calls")->array().empty());
    Question wrong = asking("explain", kSearch, false);
    wrong.body.object().append("execute", "yes");
    EXPECT_EQ(duel.ask_cluster(wrong).status, 400);
}

TEST(Explain, NamesNodesThatFailed) {
    Duel duel(story_of_hotels(), 1);
    duel.spoil_replies_of("node-0");
    bool failed = false;
    for (int i = 0; i < 8 && !failed; ++i) {  // whom a search asks follows from its text
        json::Object search = kSearch;
        search.set("q", "hotel" + std::string(static_cast<std::size_t>(i), ' '));
        const Spoken told = duel.ask_cluster(asking("explain", search, true));
        ASSERT_EQ(told.status, 200) << json::to_text(told.body);
        const json::Value& execution = *told.body.find("execution");
        for (const json::Value& one : execution.find("failed")->array()) {
            EXPECT_EQ(one.find("node")->string(), "node-0");
            failed = true;
        }
        for (const json::Value& hit : execution.find("hits")->array()) EXPECT_NE(hit.find("node")->string(), "node-0");
    }
    EXPECT_TRUE(failed);
}

}  // namespace
}  // namespace miroir::sim
