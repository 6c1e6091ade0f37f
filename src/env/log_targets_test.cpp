#include "env/log_targets.h"

#include <gtest/gtest.h>

#include "env/log_switch.h"

namespace miroir::env {
namespace {

TEST(LogTargets, TheLongestNameDecides) {
    const auto targets = LogTargets::parse("warn,quorum=debug,quorum_follow=off,api");
    ASSERT_TRUE(targets);
    EXPECT_FALSE(targets->wants(LogLevel::Info, "front_door"));
    EXPECT_TRUE(targets->wants(LogLevel::Warn, "front_door"));
    EXPECT_TRUE(targets->wants(LogLevel::Debug, "quorum_write"));
    EXPECT_FALSE(targets->wants(LogLevel::Trace, "quorum_write"));
    EXPECT_FALSE(targets->wants(LogLevel::Error, "quorum_follow"));
    EXPECT_TRUE(targets->wants(LogLevel::Trace, "api")) << "a name alone wants everything";
    EXPECT_EQ(targets->lowest(), LogLevel::Trace);
}

TEST(LogTargets, OnlyWhatIsNamedIsWanted) {
    EXPECT_FALSE(LogTargets::parse("api=info")->wants(LogLevel::Error, "quorum"));
    EXPECT_FALSE(LogTargets::parse("OFF")->wants(LogLevel::Error, "quorum"));
    EXPECT_TRUE(LogTargets::parse("a=off,4")->wants(LogLevel::Debug, "quorum"));
    EXPECT_FALSE(LogTargets::parse("a=loud"));
}

TEST(LogTap, IsBoundedAndCounts) {
    LogTap tap(LogTargets(), LogTap::Form::Human, 10);
    tap.put("12345\n");
    tap.put("67890\n");
    const LogTap::Taken taken = tap.take();
    EXPECT_EQ(taken.lines, "12345\n");
    EXPECT_EQ(taken.dropped, 1U);
    EXPECT_EQ(tap.take().dropped, 0U);
}

TEST(LogTap, TellsOfNewsOnce) {
    LogTap tap(LogTargets(), LogTap::Form::Human);
    int told = 0;
    tap.on_news([&] { ++told; });
    EXPECT_EQ(told, 0);
    tap.put("a\n");
    tap.put("b\n");
    EXPECT_EQ(told, 1);
    tap.on_news([&] { ++told; });
    EXPECT_EQ(told, 2) << "there is something already";
    tap.take();
    tap.on_news([&] { ++told; });
    tap.close();
    EXPECT_EQ(told, 3);
    tap.put("c\n");
    const LogTap::Taken taken = tap.take();
    EXPECT_TRUE(taken.closed);
    EXPECT_EQ(taken.lines, "");
}

}  // namespace
}  // namespace miroir::env
