// Merges of what is not a plain search: lists of documents, facet hits, federations, totals with distinct.
#include <gtest/gtest.h>

#include "json/write.h"
#include "merge/document_merge.h"
#include "merge/facet_hits.h"
#include "merge/facet_merge.h"
#include "merge/federated_merge.h"

namespace miroir::merge {
namespace {

std::string listed(int id, std::string_view stamp) {
    return R"({"id":)" + std::to_string(id) +
           R"(,"_miroir_shard":"!!!","_federation":{"weightedScoreValues":[{"sort":{"asc":true,"value":")" +
           std::string(stamp) + R"("}}]}})";
}

TEST(DocumentMerge, ListsInTheOrderOfTheStampsWithoutWhatIsOurs) {
    std::vector<DocumentsAnswer> answers;
    answers.push_back(
        *DocumentsAnswer::read(R"({"results":[)" + listed(1, "!!") + "," + listed(4, "/!") + R"(],"total":7})"));
    answers.push_back(
        *DocumentsAnswer::read(R"({"results":[)" + listed(2, "!,") + "," + listed(3, ",!") + R"(],"total":2})"));
    std::string out;
    append_documents(out, merge_documents(answers, 1, 2));
    EXPECT_EQ(out, R"([{"id":2},{"id":3}])");
    EXPECT_EQ(answers[0].total(), 7U);
    EXPECT_EQ(stamp_of(answers[0].documents()[1].key), "/!");
}

TEST(DocumentMerge, APageIsCompleteWhenWhatIsNotShownComesBehindIt) {
    std::vector<DocumentsAnswer> answers;
    answers.push_back(
        *DocumentsAnswer::read(R"({"results":[)" + listed(1, "!!") + "," + listed(4, "/!") + R"(],"total":7})"));
    answers.push_back(
        *DocumentsAnswer::read(R"({"results":[)" + listed(2, "!,") + "," + listed(5, "|!") + R"(],"total":2})"));
    EXPECT_TRUE(is_complete(answers, merge_documents(answers, 0, 2), 2));
    EXPECT_TRUE(is_complete(answers, merge_documents(answers, 1, 2), 2)) << "its last is the last one shown";
    EXPECT_FALSE(is_complete(answers, merge_documents(answers, 1, 3), 3)) << "something may lie before 5";
    EXPECT_FALSE(is_complete(answers, merge_documents(answers, 0, 9), 9));
    EXPECT_TRUE(is_complete(answers, {}, 0));
}

TEST(DocumentMerge, AReplyWithoutSortValuesOrWithoutDocumentsIsAFailureOfTheNode) {
    EXPECT_FALSE(DocumentsAnswer::read(R"({"results":[{"id":1}],"total":1})"));
    EXPECT_FALSE(DocumentsAnswer::read(R"({"total":1})"));
    EXPECT_FALSE(DocumentsAnswer::read(R"({"results":[{"id")"));
}

TEST(DocumentMerge, OfWhatIsNotSortedTheStampIsReadFromItsField) {
    const auto answer = DocumentsAnswer::read(
        R"({"results":[{"_miroir_order":"!,"},{"_miroir_order":"!!"}],"total":7})", 2, "_miroir_order");
    ASSERT_TRUE(answer);
    EXPECT_EQ(stamp_of(answer->documents()[0].key), "!,");
    EXPECT_EQ(stamp_of(answer->documents()[1].key), "!!");
    EXPECT_EQ(answer->total(), 7U);
    const std::string without = R"({"results":[{"id":1,"_federation":{"weightedScoreValues":[]}}],"total":7})";
    EXPECT_FALSE(DocumentsAnswer::read(without, 2, "_miroir_order"));
    EXPECT_FALSE(DocumentsAnswer::read(R"({"results":[{"_miroir_order":7}],"total":7})", 2, "_miroir_order"));
}

TEST(FacetHits, SumsSpellingsOrdersAndCuts) {
    FacetHits hits;
    ASSERT_TRUE(hits.add(R"({"facetHits":[{"value":"Red","count":2},{"value":"blue","count":3}]})"));
    ASSERT_TRUE(hits.add(R"({"facetHits":[{"value":"red","count":1},{"value":"green","count":9}]})"));
    EXPECT_EQ(json::to_text(json::Value(hits.shown(false, 2))),
              R"([{"value":"blue","count":3},{"value":"green","count":9}])");
    EXPECT_EQ(json::to_text(json::Value(hits.shown(true, 3))),
              R"([{"value":"green","count":9},{"value":"blue","count":3},{"value":"Red","count":3}])");
    EXPECT_FALSE(hits.add(R"({"facetHits":[{"value":1,"count":2}]})"));
}

TEST(FacetMerge, NeverShowsWhatIsOurs) {
    std::vector<NodeAnswer> answers;
    answers.push_back(*NodeAnswer::read(
        R"({"hits":[],"estimatedTotalHits":1,"facetDistribution":{"_miroir_order":{"!!":1},"color":{"red":1}}})"));
    std::string out;
    append_distribution(out, merge_facets(answers, {}, 1));
    EXPECT_EQ(out, R"({"color":{"red":1}})");
}

TEST(FacetMerge, SumsNumbersAndSpellingsAndPutsTheFirstOfManyInOrder) {
    std::string counts;
    for (int i = 149; i >= 0; --i) counts += (counts.empty() ? "" : ",") + ("\"v" + std::to_string(i) + "\":1");
    std::vector<NodeAnswer> answers;
    answers.push_back(
        *NodeAnswer::read(R"({"hits":[],"estimatedTotalHits":1,"facetStats":{"n":{"min":-2,"max":10}},)"
                          R"("facetDistribution":{"n":{"-2":1,"10":2,"x":1},"c":{"red":1," Green ":4},"many":{)" +
                          counts + "}}}"));
    answers.push_back(
        *NodeAnswer::read(R"({"hits":[],"estimatedTotalHits":1,"facetStats":{"n":{"min":2,"max":10}},)"
                          R"("facetDistribution":{"n":{"2.5":1,"10":3},"c":{"Red":2,"green":1},"many":{"v7":5}}})"));
    const std::vector<MergedFacet> merged = merge_facets(answers, {.values_max = 4}, 1);
    std::string out;
    append_distribution(out, merged);
    EXPECT_EQ(out, R"({"c":{" Green ":5,"red":3},"many":{"v0":1,"v1":1,"v10":1,"v100":1},)"
                   R"("n":{"-2":1,"10":5,"2.5":1,"x":1}})");
    const auto unclear = unclear_spellings(answers);
    ASSERT_EQ(unclear.size(), 2u);
    EXPECT_EQ(unclear[0].normal, "red");
    EXPECT_EQ(unclear[1].normal, "green");
}

// One word decides, the stamp is last.
std::string found(int id, double score, std::string_view stamp, std::string_view color) {
    json::Object hit;
    hit.append("id", id);
    hit.append("color", color);
    hit.append("_rankingScore", score);
    hit.append("_rankingScoreDetails",
               json::Object{{"proximity", json::Object{{"order", 0}, {"score", score}}},
                            {"_miroir_order:asc", json::Object{{"order", 1}, {"value", stamp}}}});
    return json::to_text(json::Value(std::move(hit)));
}

NodeAnswer answer_of(const std::vector<std::string>& hits) {
    std::string body = R"({"hits":[)";
    for (const std::string& hit : hits) body += (body.back() == '[' ? "" : ",") + hit;
    return *NodeAnswer::read(body + R"(],"estimatedTotalHits":)" + std::to_string(hits.size()) + "}",
                             {.distinct_field = "color"});
}

std::vector<std::string> ids_of(const FederatedHits& merged) {
    std::vector<std::string> ids;
    for (const FederatedHit& hit : merged.page) ids.emplace_back(hit.hit->bytes.substr(6, 1));
    return ids;
}

TEST(FederatedMerge, WeighsListsShowsADocumentOnceAndDropsEqualValues) {
    std::vector<NodeAnswer> first, second;
    first.push_back(answer_of({found(1, 0.9, "!", "red"), found(2, 0.5, ",", "blue")}));
    second.push_back(answer_of({found(3, 0.8, ".", "Red"), found(2, 0.7, ",", "blue")}));
    const MergedHits by_first = merge_hits(first, {}), by_second = merge_hits(second, {});
    std::vector<FederatedSource> sources = {{.hits = by_first.page, .index = "a", .query = 0, .weight = 1},
                                            {.hits = by_second.page, .index = "a", .query = 1, .weight = 1}};
    FederatedHits merged = merge_federated(sources, {.skip = 0, .take = 10, .distinct = false});
    EXPECT_EQ(ids_of(merged), (std::vector<std::string>{"1", "3", "2"}));
    EXPECT_EQ(merged.repeated, 1U);
    sources[1].weight = 2;
    EXPECT_EQ(ids_of(merge_federated(sources, {.skip = 0, .take = 2, .distinct = false})),
              (std::vector<std::string>{"3", "2"}));
    merged = merge_federated(sources, {.skip = 0, .take = 10, .distinct = true});
    EXPECT_EQ(ids_of(merged), (std::vector<std::string>{"3", "2"}));
    EXPECT_EQ(merged.dropped["a"].size(), 1U);
    sources[1].index = "b";  // the same stamp in another index is another document
    EXPECT_EQ(merge_federated(sources, {.skip = 0, .take = 10, .distinct = false}).repeated, 0U);
}

TEST(DistinctTotal, CountsTheUnionWhenExhaustiveAndWhatThePageDropsWhenEstimating) {
    std::vector<NodeAnswer> census;
    census.push_back(
        *NodeAnswer::read(R"({"hits":[],"estimatedTotalHits":6,"facetDistribution":{"color":{"red":3,"blue":2}}})"));
    census.push_back(
        *NodeAnswer::read(R"({"hits":[],"estimatedTotalHits":4,"facetDistribution":{"color":{"Red":4}}})"));
    MergedHits merged;
    merged.kept = {"tred"};
    EXPECT_EQ(distinct_total(census, {.estimates = false}, merged), 3U);  // red, blue and the one without a color
    EXPECT_EQ(distinct_total(census, {.estimates = true}, merged), 4U);   // 10 less six other reds
    merged.filled = false;
    EXPECT_EQ(distinct_total(census, {.estimates = true}, merged), 3U);
}

}  // namespace
}  // namespace miroir::merge
