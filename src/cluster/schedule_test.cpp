#include "cluster/schedule.h"

#include <gtest/gtest.h>

namespace miroir::cluster {
namespace {

using namespace std::chrono_literals;

TEST(Schedule, WindowsOfTheDay) {
    const std::vector<Window> windows = parse_windows("22:00-04:00, 12:00-13:30 UTC").value();
    ASSERT_EQ(windows.size(), 2u);
    const auto at = [&](std::chrono::nanoseconds time) { return is_open(windows, 19'000 * 24h + time); };
    EXPECT_TRUE(at(23h));
    EXPECT_TRUE(at(3h + 59min));
    EXPECT_FALSE(at(4h));
    EXPECT_FALSE(at(11h + 59min + 59s));
    EXPECT_TRUE(at(12h));
    EXPECT_FALSE(at(13h + 30min));
    EXPECT_TRUE(is_open({}, 5h));
    EXPECT_TRUE(parse_windows(" ").value().empty());
    EXPECT_TRUE(is_open(parse_windows("00:00-24:00").value(), 7h));
}

TEST(Schedule, WindowsThatAreNone) {
    for (const char* text : {"22:00", "22-04", "22:00-25:00", "22:60-23:00", "10:00-10:00", "a", "10:00-11:00 CET"})
        EXPECT_FALSE(parse_windows(text).has_value()) << text;
}

TEST(Schedule, HowOften) {
    EXPECT_EQ(parse_schedule("every 6h").value(), 6h);
    EXPECT_EQ(parse_schedule("every 30s").value(), 30s);
    EXPECT_EQ(parse_schedule("every 45m").value(), 45min);
    EXPECT_EQ(parse_schedule("every 7d").value(), 168h);
    for (const char* text :
         {"", "6h", "every", "every h", "every 0h", "every 6", "every 6w", "every 400d", "every -1h"})
        EXPECT_FALSE(parse_schedule(text).has_value()) << text;
}

}  // namespace
}  // namespace miroir::cluster
