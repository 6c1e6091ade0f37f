#include "merge/node_answer.h"

#include <gtest/gtest.h>

namespace miroir::merge {
namespace {

std::string hit(std::string_view id, std::string_view details) {
    return R"({"id":)" + std::string(id) + R"(,"_note":"not ours","_rankingScore":0.5,"_rankingScoreDetails":{)" +
           std::string(details) + "}}";
}

std::string reply(const std::vector<std::string>& hits) {
    std::string out = R"({"hits":[)";
    for (const std::string& one : hits) out += (out.back() == '[' ? "" : " , ") + one;
    return out + R"(],"query":"x","estimatedTotalHits":7})";
}

constexpr std::string_view kWords = R"("words":{"order":0,"matchingWords":2,"maxMatchingWords":3,"score":0.6})";
constexpr std::string_view kTypo = R"("typo":{"order":1,"typoCount":1,"maxTypoCount":4,"score":0.75})";
constexpr std::string_view kSize = R"("size:desc":{"order":2,"value":12})";
constexpr std::string_view kName = R"("name:asc":{"order":2,"value":"b"})";
constexpr std::string_view kLarger = R"("size:desc":{"order":2,"value":123})";
constexpr std::string_view kVector = R"("vectorSort":{"order":0,"similarity":0.9})";

std::string joined(std::initializer_list<std::string_view> rules) {
    std::string out;
    for (const std::string_view rule : rules) out.append(out.empty() ? "" : ",").append(rule);
    return out;
}

TEST(NodeAnswer, ReadsEachHitByItsOwnRules) {
    const auto answer = NodeAnswer::read(reply({
        hit("1", joined({kWords, kTypo, kSize})),
        hit("2", joined({kVector})),
        hit("3", joined({kTypo, kWords, kName})),
        hit("4", joined({})),
        hit("5", joined({kWords, kTypo, kSize})),
    }));
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->total(), 7u);
    const std::vector<Hit>& hits = answer->hits();
    ASSERT_EQ(hits.size(), 5u);
    EXPECT_EQ(hits[1].bytes, hit("2", joined({kVector})));
    EXPECT_DOUBLE_EQ(hits[3].score, 0.5);
    EXPECT_TRUE(hits[1].semantic);
    EXPECT_FALSE(hits[2].semantic);
    ASSERT_EQ(hits[2].key.size(), 3u);
    const RankEntry& typo = hits[2].key[0];
    EXPECT_EQ(typo.number, -1);
    EXPECT_EQ(typo.steps, 5);
    EXPECT_EQ(typo.fraction, 0.75);
    const RankEntry& words = hits[2].key[1];
    EXPECT_EQ(words.number, 2);
    EXPECT_EQ(words.steps, 3);
    const RankEntry& name = hits[2].key[2];
    EXPECT_TRUE(name.ascending && name.is_text && name.present);
    EXPECT_EQ(name.text, "b");
    EXPECT_TRUE(hits[3].key.empty());
    ASSERT_EQ(hits[4].key.size(), 3u);
    EXPECT_EQ(hits[4].key[2].number, 12);
    EXPECT_FALSE(hits[4].key[2].ascending);
    EXPECT_EQ(compare(hits[0].key, hits[4].key), std::strong_ordering::equal);
}

TEST(NodeAnswer, SeesWhereARuleSaysTheSameAsBefore) {
    const auto answer = NodeAnswer::read(reply({
        hit("1", joined({kWords, kName})),
        hit("2", joined({kWords, kName})),
        hit("3", joined({kWords, kSize})),
        hit("4", joined({kWords, kSize})),
        hit("5", joined({kWords, kLarger})),
        hit("6", joined({kWords, kSize})),
    }));
    ASSERT_TRUE(answer.has_value());
    const std::vector<Hit>& hits = answer->hits();
    ASSERT_EQ(hits.size(), 6u);
    for (const Hit& one : hits) {
        ASSERT_EQ(one.key.size(), 2u);
        EXPECT_EQ(one.key[0].number, 2);
        EXPECT_EQ(one.key[0].steps, 3);
    }
    EXPECT_EQ(hits[1].key[1].text, "b");
    EXPECT_TRUE(hits[1].key[1].ascending);
    EXPECT_FALSE(hits[2].key[1].is_text);
    EXPECT_EQ(hits[3].key[1].number, 12);
    EXPECT_EQ(hits[4].key[1].number, 123);
    EXPECT_EQ(hits[5].key[1].number, 12);
    EXPECT_EQ(hits[5].bytes, hit("6", joined({kWords, kSize})));
}

TEST(NodeAnswer, TakesNamesOfAnyLengthAndWithEscapes) {
    const std::string far = "\"" + std::string(500, 'f') + R"(\"\\:asc":{"order":0,"value":3})";
    const std::string near = R"("f\"\\:asc":{"order":0,"value":3})";
    const auto answer = NodeAnswer::read(reply({hit("1", far), hit("2", near), hit("3", far)}));
    ASSERT_TRUE(answer.has_value());
    for (const Hit& one : answer->hits()) {
        ASSERT_EQ(one.key.size(), 1u);
        EXPECT_EQ(one.key[0].number, 3);
        EXPECT_TRUE(one.key[0].ascending);
        EXPECT_EQ(one.key[0].shape, RankEntry::Shape::Value);
    }
}

TEST(NodeAnswer, WhatIsNoAnswerIsAnError) {
    const std::string whole = reply({hit("1", joined({kWords, kTypo})), hit("2", joined({kTypo}))});
    ASSERT_TRUE(NodeAnswer::read(whole).has_value());
    for (std::size_t length = 0; length < whole.size(); ++length)
        EXPECT_FALSE(NodeAnswer::read(whole.substr(0, length)).has_value()) << whole.substr(0, length);
    EXPECT_FALSE(NodeAnswer::read(R"({"hits":[{"_rankingScoreDetails":{"words":{"matchingWords":"two"}}}]})"));
    EXPECT_FALSE(NodeAnswer::read(R"({"hits":[{"_rankingScoreDetails":[]}]})"));
    EXPECT_FALSE(NodeAnswer::read(R"({"hits":[7]})"));
}

TEST(NodeAnswer, ADocumentIsWhatStandsBeforeItsScores) {
    const auto answer =
        NodeAnswer::read(R"({"hits":[{"id":1,"t":"a,b" , "_rankingScore":0.5,"_rankingScoreDetails":{}},)"
                         R"({"_rankingScore":0.5,"id":2},{"_rankingScore":0.5},{"id":4}],"query":"",)"
                         R"("processingTimeMs":0,"limit":4,"offset":0,"estimatedTotalHits":4})");
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->hits()[0].document, R"("id":1,"t":"a,b" )");
    EXPECT_EQ(answer->hits()[1].document, R"("_rankingScore":0.5,"id":2)") << "left to who looks at scores";
    EXPECT_EQ(answer->hits()[2].document, "");
    EXPECT_EQ(answer->hits()[3].document, R"("id":4)");
}

}  // namespace
}  // namespace miroir::merge
