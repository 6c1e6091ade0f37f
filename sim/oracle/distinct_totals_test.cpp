// Totals under distinct, of more documents than are gone over one by one anyway.
#include <gtest/gtest.h>

#include "json/write.h"
#include "sim/oracle/duel.h"

namespace miroir::sim {
namespace {

constexpr int kDocuments = 700;

Story story(int several_every, bool lists_of_nothing = false) {
    json::Array documents;
    for (int i = 0; i < kDocuments; ++i) {
        json::Object document{{"id", i * 7919 % 100'003}, {"n", i % 13}};
        const std::string own = "c" + std::to_string(i % 40);
        if (i % 5 == 0) document.append("color", lists_of_nothing ? json::Value(json::Array()) : json::Value());
        else if (i % several_every == 1) document.append("color", json::Array{own, "c" + std::to_string(i % 7)});
        else if (i % 5 != 1) document.append("color", own);
        documents.emplace_back(std::move(document));
    }
    Story out{.nodes = 3, .replicas = 1, .shards = 8, .settings = {}, .writes = {}};
    out.settings = {{"filterableAttributes", json::Array{"color", "n"}}, {"sortableAttributes", json::Array{"n"}}};
    out.writes.push_back({.method = "POST", .path = "/documents", .body = std::move(documents)});
    return out;
}

void expect_the_same(Duel& duel) {
    ASSERT_EQ(duel.trouble(), std::nullopt);
    for (const json::Object& body :
         {json::Object{{"limit", 10}}, json::Object{{"sort", json::Array{"n:desc"}}},
          json::Object{{"page", 2}, {"hitsPerPage", 9}}, json::Object{{"filter", "n > 1"}, {"offset", 20}}}) {
        Question asked{.method = "POST", .path = "/indexes/i/search", .body = body};
        asked.body.object().append("distinct", "color");
        const Spoken ours = duel.ask_cluster(asked);
        EXPECT_TRUE(promises_order(ours)) << ours.exact;
        EXPECT_EQ(difference(ours, duel.ask_alone(asked)), std::nullopt) << json::to_text(asked.body);
    }
}

TEST(DistinctTotals, WhereSomeHaveSeveralValues) {
    Duel duel(story(6), 1);
    expect_the_same(duel);
}

TEST(DistinctTotals, WhereNobodyHasSeveral) {
    Duel duel(story(kDocuments * 2), 1);
    expect_the_same(duel);
}

TEST(DistinctTotals, WhereListsAreEmpty) {
    Duel duel(story(6, true), 1);
    expect_the_same(duel);
}

}  // namespace
}  // namespace miroir::sim
