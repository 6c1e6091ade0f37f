#include "merge/hit_bytes.h"

#include <gtest/gtest.h>

#include "merge/node_answer.h"
#include "merge/search_reply.h"

namespace miroir::merge {
namespace {

std::string shown(const std::string& hit, const HitShape& shape) {
    const auto answer = NodeAnswer::read("{\"hits\":[" + hit + "],\"estimatedTotalHits\":1}");
    EXPECT_TRUE(answer) << answer.error().message;
    std::string out;
    EXPECT_TRUE(append_hit(out, answer->hits().at(0).bytes, shape));
    return out;
}

constexpr std::string_view kHit =
    R"({"id":1,"t":"a \"q\" é","_miroir_shard":"!!!","_miroir_order":"!!","n":[1,{"x":null}],)"
    R"("_formatted":{"id":"1","_miroir_shard":"!!!"},"_matchesPosition":{"t":[{"start":0,"length":1}],"_miroir_order":[]},)"
    R"("_rankingScore":0.5,"_rankingScoreDetails":{"words":{"order":0,"matchingWords":1,"maxMatchingWords":1,"score":1.0},)"
    R"("_miroir_order:asc":{"order":1,"value":"!!"}}})";

TEST(HitBytes, HidesWhatIsOursEverywhere) {
    EXPECT_EQ(shown(std::string(kHit), {}), R"({"id":1,"t":"a \"q\" é","n":[1,{"x":null}],"_formatted":{"id":"1"},)"
                                            R"("_matchesPosition":{"t":[{"start":0,"length":1}]}})");
    const std::string all = shown(std::string(kHit), {.score = true, .details = true, .drop_field = "n"});
    EXPECT_EQ(all.find("_miroir_"), std::string::npos);
    EXPECT_NE(all.find(R"("_rankingScore":0.5)"), std::string::npos);
    EXPECT_NE(all.find(R"("maxMatchingWords":1)"), std::string::npos);
    EXPECT_EQ(all.find(R"("n":[)"), std::string::npos);
}

TEST(NodeAnswer, ReadsWhatAMergeNeeds) {
    const auto answer = NodeAnswer::read(
        "{\"hits\":[" + std::string(kHit) +
        R"(],"estimatedTotalHits":7,)"
        R"("facetDistribution":{"c":{"red":2,"3":1}},"facetStats":{"c":{"min":3.0,"max":3.0}},"semanticHitCount":0})");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->total(), 7);
    EXPECT_EQ(answer->hits().at(0).key.size(), 2);
    EXPECT_EQ(answer->hits().at(0).score, 0.5);
    EXPECT_EQ(answer->facets().at(0).values.at(0).value, "red");
    EXPECT_EQ(answer->facets().at(0).minimum, 3.0);
}

TEST(NodeAnswer, RefusesWhatIsNoAnswer) {
    for (const char* bad :
         {"", "<html>", "{}", "[]", R"({"hits":{}})", R"({"hits":[1]})", R"({"hits":[{"_rankingScore":"x"}]})",
          R"({"hits":[{"a":1})", R"({"hits":[],"estimatedTotalHits":-1})", "{\"hits\":[{\"a\":\"\xff\"}]}"}) {
        const auto answer = NodeAnswer::read(bad);
        ASSERT_FALSE(answer) << bad;
        EXPECT_EQ(answer.error().code, ErrorCode::MiroirNodeBadReply);
    }
}

TEST(AppendDocument, LeavesOutWhatIsOursAndDoesNothingElse) {
    HitShape shape;
    shape.drop_field = "d";
    std::string out;
    ASSERT_TRUE(append_document(out, R"("id":1,"_miroir_shard":"!!!","d":[2],"t":"\u00e9" , "o": {"d":1})", shape));
    EXPECT_EQ(out, R"({"id":1,"t":"\u00e9","o":{"d":1}})");
    out.clear();
    ASSERT_TRUE(append_document(out, "", shape));
    EXPECT_EQ(out, "{}");
    shape.drop_field = "o.d";
    EXPECT_FALSE(append_document(out, R"("o":{"d":1})", shape)) << "a part of a member is dropped";
    EXPECT_FALSE(append_document(out, R"("_formatted":{})", {}));
    EXPECT_FALSE(append_document(out, R"("\u005fmiroir_shard":"!!!")", {})) << "a name in disguise";
    EXPECT_FALSE(append_document(out, R"("id":1)", {.score = true}));
    EXPECT_FALSE(append_document(out, R"("id":1,)", {}));
    EXPECT_EQ(out, "{}");
}

Hit hit_of(std::string_view bytes, std::string_view members) {
    Hit out;
    out.bytes = bytes;
    out.document = members;
    return out;
}

TEST(WriteHits, LooksAtWhatIsShownOnly) {
    const Hit broken = hit_of(R"({"id":1,"_rankingScoreDetails":{"a":tru}})", R"("id":1)");
    const std::vector<PickedHit> page = {{.hit = &broken}, {.hit = &broken}};
    const ShownHits shown = write_hits(page, {});
    EXPECT_EQ(shown.broken, nullptr);
    EXPECT_EQ(shown.text, R"({"id":1},{"id":1})");
    EXPECT_EQ(write_hits(page, {.details = true}).broken, &page[0]);
    const Hit number = hit_of(R"({"id":01})", R"("id":01)");
    const std::vector<PickedHit> second = {{.hit = &broken}, {.hit = &number}};
    EXPECT_EQ(write_hits(second, {}).broken, &second[1]);
}

}  // namespace
}  // namespace miroir::merge
