#include "merge/step_merge.h"

#include <gtest/gtest.h>

namespace miroir::merge {
namespace {

struct Line {
    std::string id;  // and its stamp
    double typos = 0;
    std::string match = "noExactMatch";
};

NodeAnswer answer(const std::vector<Line>& lines, int total) {
    std::string body = "{\"hits\":[";
    for (const Line& line : lines) {
        if (body.back() != '[') body += ',';
        body += "{\"id\":\"" + line.id +
                "\",\"_rankingScore\":1.0,\"_rankingScoreDetails\":{\"typo\":{\"order\":0,\"typoCount\":" +
                std::to_string(static_cast<int>(line.typos)) +
                ",\"maxTypoCount\":2,\"score\":1.0},\"exactness\":{\"order\":1,\"matchType\":\"" + line.match +
                "\",\"matchingWords\":1,\"maxMatchingWords\":1,\"score\":1.0},\"_miroir_order:asc\":{\"order\":2,"
                "\"value\":\"" +
                line.id + "\"}}}";
    }
    body += "],\"estimatedTotalHits\":" + std::to_string(total) + "}";
    return NodeAnswer::read(std::move(body)).value();
}

std::string order(const MergedHits& merged) {
    std::string out;
    for (const PickedHit& picked : merged.page) out += picked.hit->key.back().text;
    return out;
}

StepRecipe recipe(std::vector<Step> steps) {
    return {.skip = 0, .take = 10, .steps = std::move(steps), .rules_before = 0};
}

TEST(StepMerge, FewerWordsComeLaterAndEachDocumentOnce) {
    std::vector<NodeAnswer> answers;
    answers.push_back(answer({{.id = "c", .typos = 1}}, 1));
    answers.push_back(answer({{.id = "a"}, {.id = "b"}, {.id = "c"}}, 3));
    const MergedHits merged =
        merge_steps(answers, recipe({{.first_answer = 0, .fallen = 0}, {.first_answer = 1, .fallen = 1}}));
    EXPECT_EQ(order(merged), "cab");
    EXPECT_EQ(merged.total, 3U);
}

TEST(StepMerge, OfWaysThatLoseAsManyWordsTheBestCounts) {
    std::vector<NodeAnswer> answers;
    answers.push_back(answer({{.id = "b", .typos = 1}}, 1));
    answers.push_back(answer({{.id = "b"}, {.id = "a", .typos = 1}}, 2));
    const MergedHits merged =
        merge_steps(answers, recipe({{.first_answer = 0, .fallen = 1}, {.first_answer = 1, .fallen = 1}}));
    EXPECT_EQ(order(merged), "ba");
}

TEST(StepMerge, WhereTheFirstWordFellNothingMatchesExactly) {
    std::vector<NodeAnswer> answers;
    answers.push_back(answer({{.id = "b", .match = "exactMatch"}, {.id = "a"}}, 2));
    EXPECT_EQ(order(merge_steps(answers, recipe({{.fallen = 1, .from_the_end = false}}))), "ab");
    EXPECT_EQ(order(merge_steps(answers, recipe({{.fallen = 1, .from_the_end = true}}))), "ba");
}

}  // namespace
}  // namespace miroir::merge
