#include "scatter/paces.h"

#include <gtest/gtest.h>

namespace miroir::scatter {
namespace {

using std::chrono::milliseconds;

const NodeId kFast{"fast"};
const NodeId kOther{"other"};
const NodeId kSlow{"slow"};

struct Course {
    Paces paces;
    env::Monotonic now{std::chrono::hours(1)};

    void call(const NodeId& node, milliseconds took, Paces::Ending ending = Paces::Ending::Answered) {
        paces.began(node);
        now += milliseconds(100);
        paces.ended(node, took, ending, now);
    }
};

TEST(Paces, TheOwnP95UnlessTheNodeIsSlowAltogether) {
    Course course;
    EXPECT_FALSE(course.paces.p95(kFast)) << "nothing is known";
    for (int i = 0; i < 96; ++i) course.call(kFast, milliseconds(i % 16 == 7 ? 9 : 4));
    EXPECT_EQ(course.paces.p95(kFast), milliseconds(9));
    for (int i = 0; i < 96; ++i) course.call(kOther, milliseconds(5));
    EXPECT_EQ(course.paces.p95(kOther), milliseconds(5));
    for (int i = 0; i < 96; ++i) course.call(kSlow, milliseconds(500));
    EXPECT_EQ(course.paces.p95(kSlow), milliseconds(18)) << "twice what its peers take, not its own half second";
    EXPECT_TRUE(course.paces.slow(kSlow));
    EXPECT_FALSE(course.paces.slow(kFast));
}

TEST(Paces, CostGrowsWithTimeCallsInHandAndFailures) {
    Course course;
    course.call(kFast, milliseconds(9));
    const double idle = course.paces.cost(kFast);
    course.paces.began(kFast);
    EXPECT_DOUBLE_EQ(course.paces.cost(kFast), 3 * idle);
    course.paces.ended(kFast, milliseconds(9), Paces::Ending::Answered, course.now);
    EXPECT_DOUBLE_EQ(course.paces.cost(kFast), idle);
    for (int i = 0; i < 50; ++i) course.call(kFast, milliseconds(1), Paces::Ending::Failed);
    EXPECT_GT(course.paces.cost(kFast), 4 * idle);
    for (int i = 0; i < 500; ++i) course.call(kFast, milliseconds(9));
    EXPECT_NEAR(course.paces.cost(kFast), idle, 0.1) << "forgiven";
}

TEST(Paces, ACancelledCallOnlySaysThatItWouldHaveTakenLonger) {
    Course course;
    course.call(kFast, milliseconds(9));
    const double before = course.paces.cost(kFast);
    course.call(kFast, milliseconds(2), Paces::Ending::Canceled);
    EXPECT_DOUBLE_EQ(course.paces.cost(kFast), before);
    course.call(kFast, milliseconds(200), Paces::Ending::Canceled);
    EXPECT_GT(course.paces.cost(kFast), before);
}

TEST(Paces, WhoeverWasLateOnceOrTwiceIsAvoidedHoweverFastCallsCome) {
    Course course;
    for (int i = 0; i < 200; ++i) {
        course.call(kFast, milliseconds(5));
        course.call(kSlow, milliseconds(5));
    }
    for (int i = 0; i < 2; ++i) {
        course.paces.began(kSlow);
        course.now += std::chrono::microseconds(100);
        course.paces.ended(kSlow, milliseconds(35), Paces::Ending::Canceled, course.now);
    }
    EXPECT_GT(course.paces.cost(kSlow), 3 * course.paces.cost(kFast));
    for (int i = 0; i < 20; ++i) course.call(kSlow, milliseconds(5));
    EXPECT_LT(course.paces.cost(kSlow), 1.5 * course.paces.cost(kFast)) << "and trusted again";
}

TEST(Paces, OneRaceLostIsEnoughAndTheMomentForASecondTryStays) {
    Course course;
    for (int i = 0; i < 200; ++i) {
        course.call(kFast, milliseconds(5));
        course.call(kSlow, milliseconds(5));
    }
    course.paces.began(kSlow);
    course.now += std::chrono::microseconds(100);
    course.paces.ended(kSlow, milliseconds(12), Paces::Ending::Canceled, course.now);
    EXPECT_GT(course.paces.cost(kSlow), 3 * course.paces.cost(kFast));
    EXPECT_EQ(course.paces.p95(kSlow), milliseconds(5));
}

TEST(Paces, TheSlowestOfThoseWhoWereAskedOfLate) {
    Course course;
    const env::Monotonic begun = course.now;
    EXPECT_FALSE(course.paces.slowest_p95(begun)) << "nobody searches";
    for (int i = 0; i < 64; ++i) course.call(kSlow, milliseconds(50));
    const env::Monotonic later = course.now + milliseconds(1);
    course.now = later;
    for (int i = 0; i < 64; ++i) course.call(kFast, milliseconds(5));
    EXPECT_EQ(course.paces.slowest_p95(begun), milliseconds(50));
    EXPECT_EQ(course.paces.slowest_p95(later), milliseconds(5));
}

}  // namespace
}  // namespace miroir::scatter
