#include "cli/progress.h"

#include <gtest/gtest.h>

namespace miroir::cli {
namespace {

using namespace std::chrono_literals;

TEST(Progress, ShowsRateAndRemainingTime) {
    const Progress half{.done = 12'000, .all = 24'000, .unit = "documents", .spent = 4s, .note = "3 moving"};
    EXPECT_EQ(progress_line(half),
              "[##########----------]  50 %  12,000 of 24,000 documents, 3,000/s, 0:04 left  3 moving");
}

TEST(Progress, PromisesNothingBeforeItBegins) {
    EXPECT_EQ(progress_line({.done = 0, .all = 10, .unit = "shards", .spent = 1s}),
              "[--------------------]   0 %  0 of 10 shards");
    EXPECT_EQ(progress_line({.done = 9, .all = 0, .unit = "shards"}), "[--------------------]   0 %  0 of 0 shards");
    EXPECT_EQ(progress_line({.done = 12, .all = 10, .unit = "shards"}), "[####################] 100 %  10 of 10 shards")
        << "estimates may be too small";
}

TEST(Progress, NumbersAndTimesForPeople) {
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1'234'567), "1,234,567");
    EXPECT_EQ(clock_text(9s), "0:09");
    EXPECT_EQ(clock_text(3723s), "1:02:03");
}

}  // namespace
}  // namespace miroir::cli
