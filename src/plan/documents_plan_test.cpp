#include "plan/documents_plan.h"

#include <gtest/gtest.h>

#include "json/parse.h"

namespace miroir::plan {
namespace {

json::Value body_of(const DocumentStretch& stretch) {
    IndexEntry index;
    index.uid = IndexUid{"films"};
    const protocol::DocumentsQuery query;
    return *json::parse(documents_call(index, {.node = 0, .shards = {}, .whole = true}, query, stretch).body);
}

TEST(DocumentsPlan, OnlyWhatGoesByStampIsSorted) {
    const json::Value sorted = body_of({.limit = 3, .after = "!!,", .keys_only = true});
    ASSERT_NE(sorted.find("sort"), nullptr);
    EXPECT_EQ(sorted.find("sort")->array().size(), 1);
    const json::Value own =
        body_of({.offset = 70'000, .limit = 1, .after = "!!,", .keys_only = true, .own_order = true});
    EXPECT_EQ(own.find("sort"), nullptr) << "a node would walk through all before the offset";
    EXPECT_EQ(own.find("offset")->unsigned_integer(), 70'000);
    EXPECT_NE(own.find("filter"), nullptr);
}

TEST(DocumentsPlan, SharesVaryByTheRootOfWhatIsShared) {
    EXPECT_EQ(likely_share(100, 64, 64), 100);
    EXPECT_EQ(likely_share(10, 21, 64), 8);
    EXPECT_EQ(likely_share(100, 21, 64), 47);
    EXPECT_EQ(likely_share(30'000, 16, 64), 7'726);
    EXPECT_EQ(sure_share(100, 64, 64).documents, 100);
    EXPECT_EQ(sure_share(100, 64, 64).spread, 0) << "nobody else has any";
    EXPECT_EQ(sure_share(30'000, 16, 64).documents, 7'274);
    EXPECT_EQ(sure_share(30'000, 16, 64).spread, 184);
    EXPECT_EQ(sure_share(20, 21, 64).documents, 0);
}

// Each round leaves what the nodes' shares may vary by: a million documents are few rounds away.
TEST(DocumentsPlan, AFewRoundsComeNear) {
    std::uint64_t distance = 1'000'000;
    int rounds = 0;
    for (; distance > 128; ++rounds) distance -= 3 * sure_share(distance, 64, 192).documents;
    EXPECT_LE(rounds, 3);
}

}  // namespace
}  // namespace miroir::plan
