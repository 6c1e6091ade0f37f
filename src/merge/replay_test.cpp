#include "merge/replay.h"

#include <gtest/gtest.h>

namespace miroir::merge {
namespace {

struct Line {
    std::string stamp;
    double rank = 0;  // more comes first
    double score = 1;
    std::string values;  // JSON of the distinct field
    bool by_vector = false;
};

NodeAnswer answer(const std::vector<Line>& lines) {
    std::string body = "{\"hits\":[";
    for (const Line& line : lines) {
        if (body.back() != '[') body += ',';
        body += "{\"d\":" + (line.values.empty() ? "null" : line.values) +
                ",\"_rankingScore\":" + std::to_string(line.score) + ",\"_rankingScoreDetails\":{";
        if (line.by_vector) body += "\"vectorSort\":{\"order\":0,\"similarity\":" + std::to_string(line.rank) + "}";
        else body += "\"words\":{\"order\":0,\"matchingWords\":" + std::to_string(line.rank) + ",\"score\":1.0}";
        body += ",\"_miroir_order:asc\":{\"order\":1,\"value\":\"" + line.stamp + "\"}}}";
    }
    return NodeAnswer::read(body + "],\"estimatedTotalHits\":" + std::to_string(lines.size()) + "}",
                            {.distinct_field = "d"})
        .value();
}

std::string hits(const Replayed& replayed) {
    std::string out;
    for (const PickedHit& picked : replayed.hits) out += stamp_of(picked.hit->key);
    return out;
}

std::string counted(const Replayed& replayed) {
    std::string out;
    for (const std::string_view stamp : replayed.candidates) out += stamp;
    return out;
}

std::vector<NodeAnswer> two(std::vector<Line> first, std::vector<Line> second) {
    std::vector<NodeAnswer> out;
    out.push_back(answer(first));
    out.push_back(answer(second));
    return out;
}

TEST(Replay, LooksForAsManyOfTheNearestAsThePageMayHold) {
    const auto answers = two({{.stamp = "a", .rank = 0.5, .values = "1", .by_vector = true},
                              {.stamp = "d", .rank = 0.5, .values = "2", .by_vector = true}},
                             {{.stamp = "b", .rank = 0.5, .values = "1", .by_vector = true},
                              {.stamp = "c", .rank = 0.5, .values = "2", .by_vector = true}});
    Replayed found = replay(answers, {.limit = 2, .distinct = true});
    EXPECT_EQ(hits(found), "ac");  // b is among the first two, drops out, and two more are looked for
    EXPECT_EQ(counted(found), "ac");
    found = replay(answers, {.limit = 1, .distinct = true});
    EXPECT_EQ(hits(found), "a");
    EXPECT_EQ(counted(found), "acd");  // nobody looked at the second value
}

TEST(Replay, LooksAtNoVectorForNoHits) {
    const auto answers = two({{.stamp = "b", .rank = 0.9, .values = "1", .by_vector = true}},
                             {{.stamp = "a", .rank = 0.1, .values = "1", .by_vector = true}});
    EXPECT_EQ(counted(replay(answers, {.limit = 0, .distinct = true, .threshold = 0.0, .to_the_end = true})), "a");
}

TEST(Replay, DropsWhatSharesAnyValueAndStopsWhenThePageIsFull) {
    const auto answers = two({{.stamp = "b", .rank = 2, .values = "[1,2]"}, {.stamp = "d", .rank = 1, .values = "7"}},
                             {{.stamp = "a", .rank = 2, .values = "2"}, {.stamp = "c", .rank = 1, .values = "7"}});
    Replayed found = replay(answers, {.limit = 1, .distinct = true});
    EXPECT_EQ(hits(found), "a");       // of a tie the earlier one
    EXPECT_EQ(counted(found), "acd");  // the whole tie is looked at, what comes behind is not
    keep_earliest(found, answers);
    EXPECT_EQ(counted(found), "ac");
    found = replay(answers, {.limit = 2, .distinct = true});
    EXPECT_EQ(hits(found), "ac");
    EXPECT_EQ(counted(found), "ac");
}

TEST(Replay, WhatIsBelowTheThresholdIsGoneAsFarAsItIsLookedAt) {
    const auto answers = two({{.stamp = "a", .rank = 4, .score = 0.2}, {.stamp = "d", .rank = 1, .score = 0.1}},
                             {{.stamp = "b", .rank = 3, .score = 0.9}, {.stamp = "c", .rank = 2, .score = 0.9}});
    EXPECT_EQ(counted(replay(answers, {.limit = 1, .threshold = 0.5})), "bcd");
    EXPECT_EQ(counted(replay(answers, {.limit = 9, .threshold = 0.5})), "bc");
    EXPECT_EQ(counted(replay(answers, {.limit = 1, .threshold = 0.5, .to_the_end = true})), "bc");
    EXPECT_EQ(hits(replay(answers, {.limit = 1, .threshold = 0.5, .to_the_end = true})), "b");
}

// What one node would count is known without looking at everything when each node has shown what lies above.
TEST(SearchMerge, CountsWhatLiesAboveTheThresholdWhereNodesShowTheirEnd) {
    const auto of = [](std::string details, double score) {
        return "{\"_rankingScore\":" + std::to_string(score) + ",\"_rankingScoreDetails\":{" + details +
               ",\"_miroir_order:asc\":{\"order\":1,\"value\":\"" + std::to_string(score) + "\"}}}";
    };
    const std::string words = "\"words\":{\"order\":0,\"matchingWords\":1,\"score\":1.0}";
    const std::string sort = "\"n:asc\":{\"order\":0,\"value\":1}";
    const auto read = [&](const std::string& details, std::vector<double> scores) {
        std::string body = "{\"hits\":[";
        for (const double score : scores) body += (body.back() == '[' ? "" : ",") + of(details, score);
        std::vector<NodeAnswer> out;
        out.push_back(NodeAnswer::read(body + "],\"estimatedTotalHits\":500}").value());
        return out;
    };
    const SearchRecipe recipe{.take = 20, .threshold = 0.5, .estimates = true};
    const MergedHits known = merge_hits(read(words, {0.9, 0.8, 0.4}), recipe);
    EXPECT_FALSE(known.starved);
    EXPECT_EQ(known.total, 2u);
    EXPECT_TRUE(merge_hits(read(words, {0.9, 0.8, 0.6}), recipe).starved) << "more may lie above";
    EXPECT_TRUE(merge_hits(read(sort, {0.9, 0.8, 0.4}), recipe).starved) << "a sort comes before scores";
    EXPECT_TRUE(merge_hits(read(words, {0.4, 0.9, 0.4}), recipe).starved) << "scores go up and down";
}

TEST(Replay, HybridTakesEachDocumentOnceAndEachValueOnce) {
    const auto words = two({{.stamp = "a", .rank = 1, .score = 0.8, .values = "1"}}, {});
    const auto vectors = two({{.stamp = "a", .rank = 0.9, .score = 0.9, .values = "1", .by_vector = true}},
                             {{.stamp = "b", .rank = 0.5, .score = 0.5, .values = "1", .by_vector = true},
                              {.stamp = "c", .rank = 0.4, .score = 0.4, .values = "2", .by_vector = true}});
    const ReplayRecipe recipe{.limit = 5, .distinct = true};
    const Replayed by_words = replay(words, recipe), near = replay(vectors, {.limit = 5});
    const Replayed both = replay_hybrid(by_words, near, 0.5, recipe, vectors);
    EXPECT_EQ(hits(both), "ac");
    EXPECT_EQ(counted(both), "ac");
    EXPECT_TRUE(both.hits[0].hit->semantic);  // the greater share
    EXPECT_FALSE(replay_hybrid(by_words, near, 0.1, recipe, vectors).hits[0].hit->semantic);
}

}  // namespace
}  // namespace miroir::merge
