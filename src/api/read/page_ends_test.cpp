#include "api/read/page_ends.h"

#include <gtest/gtest.h>

namespace miroir::api {
namespace {

TEST(PageEnds, TheLastOneWithinReachIsFound) {
    PageEnds ends;
    ends.note(1, {.offset = 100, .stamp = "a"});
    ends.note(1, {.offset = 200, .stamp = "b"});
    EXPECT_FALSE(ends.last_before(1, 99, 1'000));
    EXPECT_EQ(ends.last_before(1, 199, 1'000)->stamp, "a");
    EXPECT_EQ(ends.last_before(1, 200, 0)->stamp, "b");
    EXPECT_EQ(ends.last_before(1, 300, 100)->offset, 200u);
    EXPECT_FALSE(ends.last_before(1, 301, 100));
    EXPECT_FALSE(ends.last_before(0, 200, 1'000)) << "of another list";
    EXPECT_FALSE(ends.last_before(2, 200, 1'000)) << "of another list";
    ends.note(1, {.offset = 200, .stamp = "c"});
    EXPECT_EQ(ends.last_before(1, 200, 0)->stamp, "c");
}

TEST(PageEnds, TheOldestAreForgotten) {
    PageEnds ends(2);
    for (const std::uint64_t offset : {10, 20, 30}) ends.note(1, {.offset = offset, .stamp = "x"});
    EXPECT_FALSE(ends.last_before(1, 15, 10));
    EXPECT_TRUE(ends.last_before(1, 20, 0));
    EXPECT_TRUE(ends.last_before(1, 30, 0));
}

TEST(PageEnds, CountsHoldForAMomentAndForOneStateOfTheIndex) {
    using std::chrono::seconds;
    PageEnds ends(2);
    const env::Monotonic noon(seconds(100));
    ends.note(1, {.epoch = 7, .documents = 30, .at = noon});
    EXPECT_EQ(ends.counted(1, 7, noon + seconds(2)), 30u);
    EXPECT_FALSE(ends.counted(1, 7, noon + seconds(3))) << "somebody may have written past us";
    EXPECT_FALSE(ends.counted(1, 8, noon)) << "a write has ended since";
    EXPECT_FALSE(ends.counted(2, 7, noon)) << "of another list";
    ends.note(2, {.epoch = 7, .documents = 31, .at = noon});
    ends.note(3, {.epoch = 7, .documents = 32, .at = noon});
    EXPECT_FALSE(ends.counted(1, 7, noon)) << "two are kept";
}

}  // namespace
}  // namespace miroir::api
