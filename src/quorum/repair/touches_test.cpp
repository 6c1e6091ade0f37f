#include "quorum/repair/touches.h"

#include <gtest/gtest.h>

#include <vector>

namespace miroir::quorum {
namespace {

const IndexUid kBooks{"books"};

void write(Touches& touches, std::vector<std::string> ids) { touches.note(kBooks, std::span<const std::string>(ids)); }

TEST(Touches, TellsWhatWasWrittenSinceAMoment) {
    Touches touches;
    const Touches::Watch watch = touches.watch(kBooks);
    const Touches::Moment first = watch.now();
    EXPECT_FALSE(watch.touched_since(first, "a"));
    write(touches, {"a", "b"});
    const Touches::Moment second = watch.now();
    write(touches, {"b"});
    EXPECT_TRUE(watch.touched_since(first, "a"));
    EXPECT_FALSE(watch.touched_since(second, "a"));
    EXPECT_TRUE(watch.touched_since(second, "b"));
    EXPECT_FALSE(watch.touched_since(watch.now(), "b"));
}

TEST(Touches, WhatMayHaveTouchedAnyDocumentLeavesNothingKnown) {
    Touches touches;
    const Touches::Watch watch = touches.watch(kBooks);
    const Touches::Moment before = watch.now();
    touches.note(kBooks, std::nullopt);
    EXPECT_FALSE(watch.knows_since(before));
    EXPECT_TRUE(watch.knows_since(watch.now()));
    touches.note(IndexUid{"films"}, std::nullopt);
    EXPECT_TRUE(watch.knows_since(watch.now()));
}

TEST(Touches, ForgetsWhatIsTooLongAgoAndSaysSo) {
    Touches touches(2);
    const Touches::Watch watch = touches.watch(kBooks);
    const Touches::Moment first = watch.now();
    write(touches, {"a", "b"});
    const Touches::Moment second = watch.now();
    EXPECT_TRUE(watch.knows_since(first));
    EXPECT_TRUE(watch.touched_since(first, "a"));
    write(touches, {"c", "d"});
    EXPECT_FALSE(watch.knows_since(first));
    EXPECT_TRUE(watch.knows_since(second));
    EXPECT_TRUE(watch.touched_since(second, "c"));
    write(touches, {"e"});
    EXPECT_TRUE(watch.knows_since(second));
    EXPECT_TRUE(watch.touched_since(second, "c"));
    EXPECT_TRUE(watch.touched_since(second, "e"));
}

TEST(Touches, NotesNothingThatNobodyWatches) {
    Touches touches;
    std::uint64_t upsets = 0;
    {
        const Touches::Watch watch = touches.watch(kBooks);
        touches.upset(kBooks);
        upsets = watch.upsets();
        touches.note(kBooks, std::nullopt);
    }
    EXPECT_EQ(upsets, 1);
    touches.upset(kBooks);
    const Touches::Watch later = touches.watch(kBooks);
    EXPECT_EQ(later.upsets(), 0);
    EXPECT_TRUE(later.knows_since(0));
}

}  // namespace
}  // namespace miroir::quorum
