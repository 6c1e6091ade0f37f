// Cases in which a cluster once answered differently from one node, shrunk and kept by name.
#include <gtest/gtest.h>

#include <fstream>

#include "json/parse.h"
#include "sim/oracle/duel.h"

extern const char* const kSourceDir;

namespace miroir::sim {
namespace {

struct KeptCase {
    std::string name;
    Story story;
    Question question;
};

std::vector<KeptCase> kept_cases() {
    std::ifstream in(std::string(kSourceDir) + "/sim/oracle/testdata/kept_cases.jsonl");
    std::vector<KeptCase> out;
    for (std::string line; std::getline(in, line);) {
        const json::Value parsed = json::parse(line).value();
        auto [story, question] = story_of(parsed).value();
        out.push_back(
            {.name = parsed.find("name")->string(), .story = std::move(story), .question = std::move(question)});
    }
    return out;
}

class KeptCases : public testing::TestWithParam<KeptCase> {};

TEST_P(KeptCases, AreAnsweredAsByOneNode) {
    Duel duel(GetParam().story, 1);
    ASSERT_EQ(duel.trouble(), std::nullopt);
    const Spoken ours = duel.ask_cluster(GetParam().question);
    EXPECT_TRUE(promises_order(ours)) << ours.exact;
    EXPECT_EQ(difference(ours, duel.ask_alone(GetParam().question)), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Oracle, KeptCases, testing::ValuesIn(kept_cases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace miroir::sim
