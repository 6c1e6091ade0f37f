#include "plan/frequency_plan.h"

#include <gtest/gtest.h>

namespace miroir::plan {
namespace {

const IndexEntry kIndex{.uid = {"i"}, .shards = 8};

std::vector<std::string> texts(const std::string& text, std::vector<std::uint64_t> counts) {
    const auto words = frequency_words(kIndex, text);
    EXPECT_TRUE(words.has_value());
    counts.resize(frequency_counts(*words, {}).size(), 0);
    std::vector<std::string> out;
    for (const FrequencyStep& step : frequency_steps(*words, counts).steps) out.push_back(step.text);
    return out;
}

TEST(Frequency, TheMostFrequentWordFallsAndTheOthersKeepTheirPlaces) {
    EXPECT_EQ(texts("rare often ", {2, 90}), (std::vector<std::string>{"rare often ", "rare "}));
    EXPECT_EQ(texts("often rare", {90, 2}), (std::vector<std::string>{"often rare", "-zqjxwvkzqjxwvk rare"}));
}

TEST(Frequency, AWordThatIsNowhereFallsFirst) {
    EXPECT_EQ(texts("nowhere often ", {0, 90}), (std::vector<std::string>{"nowhere often ", "-zqjxwvkzqjxwvk often "}));
}

// Words before the one that falls may stay although they are more frequent; those behind it may not.
TEST(Frequency, OnlyWordsFurtherOnMustFallBefore) {
    const auto steps = texts("\"kept\" often seldom ", {90, 2});
    EXPECT_EQ(steps.front(), "\"kept\" often seldom ");
    EXPECT_EQ(steps.size(), 4U);  // `often seldom`, `often`, `seldom`, neither
    EXPECT_EQ(texts("\"kept\" seldom often ", {2, 90}).size(), 3U);
}

TEST(Frequency, EquallyFrequentWordsFallTogether) {
    EXPECT_EQ(texts("one two ", {5, 5}), (std::vector<std::string>{"one two "}));
    EXPECT_EQ(texts("\"a\" one two ", {5, 5}).back(), "\"a\" ");
}

TEST(Frequency, WhatOnlyATokenizerCanCutIsLeftToTheNodes) {
    for (const char* text : {"c++ code", "x-ray", "camelCase", "don't", "東京 tower", "\"open", "a_b c"}) {
        EXPECT_FALSE(frequency_words(kIndex, text).has_value()) << text;
    }
    EXPECT_TRUE(frequency_words(kIndex, "caf\u00e9 \"two words\" -not Paris").has_value());
}

TEST(Frequency, JoinedWordsThatExistMakeTheAnswerInexact) {
    const auto words = frequency_words(kIndex, "sun flower ");
    ASSERT_EQ(words->joined, (std::vector<std::string>{"sunflower "}));
    const std::vector<std::uint64_t> none = {3, 4, 0};
    const std::vector<std::uint64_t> some = {3, 4, 1};
    EXPECT_TRUE(frequency_steps(*words, none).exact);
    EXPECT_FALSE(frequency_steps(*words, some).exact);
}

}  // namespace
}  // namespace miroir::plan
