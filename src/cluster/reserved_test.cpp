#include "cluster/reserved.h"

#include <gtest/gtest.h>

namespace miroir::cluster {
namespace {

TEST(Reserved, TextOrderIsNumericOrder) {
    EXPECT_EQ(shard_label(ShardId{0}), "!!!");
    EXPECT_EQ(shard_label(ShardId{1}), "!!,");
    EXPECT_EQ(shard_label(ShardId{511}), "|||");
    std::string before = stamp_text(0);
    for (std::uint64_t stamp = 1; stamp < kStampLimit; stamp = stamp * 3 + 1) {
        EXPECT_LT(before, stamp_text(stamp));
        before = stamp_text(stamp);
        EXPECT_EQ(stamp_of(before), stamp);
    }
}

TEST(Reserved, ReadsOnlyItsOwnStamps) {
    EXPECT_EQ(stamp_of("!!"), std::nullopt);
    EXPECT_EQ(stamp_of("!!!!!!!!!!!!!!!!!a"), std::nullopt);
}

TEST(Reserved, LabelsAreReadBack) {
    for (std::uint32_t shard = 0; shard < kLabelledShards; ++shard)
        EXPECT_EQ(shard_of_label(shard_label(ShardId{shard})), ShardId{shard});
    EXPECT_EQ(shard_of_label("!!"), std::nullopt);
    EXPECT_EQ(shard_of_label("7"), std::nullopt);
    EXPECT_EQ(shard_of_label("!!a"), std::nullopt);
}

}  // namespace
}  // namespace miroir::cluster
