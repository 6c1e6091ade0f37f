#include "node/retrieve/federated/hybrid.h"

#include <gtest/gtest.h>

namespace miroir::node {
namespace {

using protocol::ScoreDetails;

ScoreDetails keyword(std::uint32_t matching) { return {protocol::WordsScore{.matching = matching, .max = 10}}; }
ScoreDetails semantic(float similarity) { return {protocol::VectorScore{.similarity = similarity}}; }

KeywordOutcome outcome(std::vector<std::pair<DocId, ScoreDetails>> hits) {
    KeywordOutcome found;
    for (auto& [id, scores] : hits) {
        found.ids.push_back(id);
        found.scores.push_back(std::move(scores));
        found.candidates.add(id);
    }
    return found;
}

TEST(Hybrid, KeywordsAreEnoughWhenThePageIsFullOfGoodOnes) {
    const KeywordOutcome good = outcome({{1, keyword(10)}, {2, keyword(9)}});
    EXPECT_TRUE(keywords_are_good_enough(good, 0.5F, 2));
    EXPECT_FALSE(keywords_are_good_enough(good, 0.5F, 3));
    EXPECT_FALSE(keywords_are_good_enough(good, 0.6F, 2));
    EXPECT_FALSE(keywords_are_good_enough(outcome({{1, keyword(10)}, {2, keyword(8)}}), 0.5F, 2));
}

TEST(Hybrid, MergesByWeightedScoreTheSemanticOneFirst) {
    const auto merged = merge_hybrid(outcome({{7, semantic(0.9F)}, {1, semantic(0.5F)}}),
                                     outcome({{1, keyword(10)}, {2, keyword(2)}}), 0.5F, 10, nullptr);
    EXPECT_EQ(merged.ids, (std::vector<DocId>{1, 7, 2}));
    EXPECT_EQ(merged.candidates.cardinality(), 3U);
    const auto tie = merge_hybrid(outcome({{7, semantic(0.5F)}}), outcome({{1, keyword(5)}}), 0.5F, 10, nullptr);
    EXPECT_EQ(tie.ids, (std::vector<DocId>{7, 1}));
}

TEST(Hybrid, SortValuesDecideBeforeLaterScores) {
    const auto with_price = [](double price, float similarity) {
        return ScoreDetails{protocol::SortScore{.field = "price", .ascending = true, .redacted = false, .value = price},
                            protocol::VectorScore{.similarity = similarity}};
    };
    const auto merged =
        merge_hybrid(outcome({{7, with_price(2, 1.0F)}}), outcome({{1, with_price(1, 0.1F)}}), 0.5F, 10, nullptr);
    EXPECT_EQ(merged.ids, (std::vector<DocId>{1, 7}));
}

TEST(Hybrid, DistinctDropsDocumentsThatShareAValue) {
    FacetField facet;
    facet.add(1, "red", "red");
    facet.finish(1);
    facet.add(7, "red", "Red");
    facet.finish(7);
    const auto merged =
        merge_hybrid(outcome({{7, semantic(0.9F)}}), outcome({{1, keyword(1)}, {2, keyword(1)}}), 0.5F, 10, &facet);
    EXPECT_EQ(merged.ids, (std::vector<DocId>{7, 2}));
    EXPECT_EQ(merged.candidates.toString(), "{2,7}");
}

}  // namespace
}  // namespace miroir::node
