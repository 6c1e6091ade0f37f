#include "quorum/turns/courtesy.h"

#include <gtest/gtest.h>

namespace miroir::quorum {
namespace {

using namespace std::chrono_literals;

class CourtesyTest : public testing::Test {
protected:
    void look(std::optional<std::chrono::nanoseconds> latency, int times = 1) {
        for (int i = 0; i < times; ++i) courtesy.look(latency, now += 250ms);
    }
    Courtesy courtesy;
    env::Monotonic now{1h};
};

TEST_F(CourtesyTest, CopiesAtFullPaceWhileSearchesTakeWhatTheyTook) {
    look(20ms, 10);
    look(29ms, 10);
    EXPECT_DOUBLE_EQ(courtesy.share(), 1);
    EXPECT_EQ(courtesy.rest_after(1s), 0ns);
}

TEST_F(CourtesyTest, GivesHalfAtOnceAndTakesBackStepByStep) {
    look(20ms, 10);
    look(40ms);
    EXPECT_DOUBLE_EQ(courtesy.share(), 0.5);
    EXPECT_EQ(courtesy.rest_after(1s), 1s);
    look(40ms);
    EXPECT_DOUBLE_EQ(courtesy.share(), 0.25);
    EXPECT_EQ(courtesy.rest_after(1s), 3s);
    look(21ms, 2);
    EXPECT_NEAR(courtesy.share(), 0.35, 1e-9);
    look(21ms, 100);
    EXPECT_DOUBLE_EQ(courtesy.share(), 1);
}

TEST_F(CourtesyTest, NeverStopsAndNeverRestsLong) {
    look(20ms, 10);
    look(200ms, 50);
    EXPECT_DOUBLE_EQ(courtesy.share(), 0.1);
    EXPECT_EQ(courtesy.rest_after(100ms), 900ms);
    EXPECT_EQ(courtesy.rest_after(10s), 5s);
}

TEST_F(CourtesyTest, GetsUsedToALoadThatStays) {
    look(20ms, 10);
    look(30ms, 4 * 60 * 4);  // four minutes of half as much again
    EXPECT_DOUBLE_EQ(courtesy.share(), 1);
    look(40ms, 4);
    EXPECT_DOUBLE_EQ(courtesy.share(), 1) << "twice of what it was, but not of what it has become";
}

TEST_F(CourtesyTest, LearnsAnewAfterALongTimeWithoutCopies) {
    look(20ms, 10);
    now += 24h;
    look(100ms);
    EXPECT_DOUBLE_EQ(courtesy.share(), 1);
}

TEST_F(CourtesyTest, LooksNoOftenerThanAnswersCanHaveChanged) {
    look(20ms, 10);
    for (int i = 0; i < 20; ++i) courtesy.look(60ms, now += 10ms);
    EXPECT_DOUBLE_EQ(courtesy.share(), 1) << "200 ms are no time";
    look(60ms);
    EXPECT_DOUBLE_EQ(courtesy.share(), 0.5);
}

TEST_F(CourtesyTest, FasterThanEverIsTheMeasure) {
    look(100ms, 10);
    look(20ms);
    look(60ms);
    EXPECT_DOUBLE_EQ(courtesy.share(), 0.5);
}

TEST_F(CourtesyTest, NobodySearches) {
    look(20ms, 10);
    look(200ms, 10);
    look(std::nullopt, 40);
    EXPECT_DOUBLE_EQ(courtesy.share(), 1);
}

TEST(CourtesyOff, LooksAtNothing) {
    Courtesy courtesy({.slowdown = 0});
    courtesy.look(1ms, env::Monotonic{1h});
    courtesy.look(1s, env::Monotonic{2h});
    EXPECT_DOUBLE_EQ(courtesy.share(), 1);
}

}  // namespace
}  // namespace miroir::quorum
