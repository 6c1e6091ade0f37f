#include "cluster/health.h"

#include <gtest/gtest.h>

#include "cluster/breaker.h"

namespace miroir::cluster {
namespace {

using namespace std::chrono_literals;
constexpr auto kOk = ProbeOutcome::Healthy;
constexpr auto kBad = ProbeOutcome::Unreachable;

NodeHealth up_since(Instant now, HealthOptions options = {}) {
    NodeHealth health(options, now);
    EXPECT_EQ(health.on_probe(kOk, now), NodeEvent::Answered);
    return health;
}

TEST(NodeHealth, TheFirstAnswerIsEnough) {
    NodeHealth health({}, 0s);
    EXPECT_FALSE(health.up());
    EXPECT_EQ(health.on_probe(kOk, 1s), NodeEvent::Answered);
    EXPECT_TRUE(health.up());
    EXPECT_EQ(health.on_probe(kOk, 2s), std::nullopt);
}

TEST(NodeHealth, DownAfterTheThresholdInARowOnly) {
    NodeHealth health = up_since(0s);
    EXPECT_EQ(health.on_probe(kBad, 1s), std::nullopt);
    EXPECT_EQ(health.on_probe(ProbeOutcome::TimedOut, 2s), std::nullopt);
    EXPECT_EQ(health.on_probe(kOk, 3s), std::nullopt);  // the row is broken
    EXPECT_EQ(health.on_probe(kBad, 4s), std::nullopt);
    EXPECT_EQ(health.on_probe(ProbeOutcome::Unwell, 5s), std::nullopt);
    EXPECT_TRUE(health.up());
    EXPECT_EQ(health.on_probe(ProbeOutcome::Foreign, 6s), NodeEvent::Failed);
    EXPECT_FALSE(health.up());
    EXPECT_EQ(health.on_probe(kBad, 7s), std::nullopt);  // said once
}

TEST(NodeHealth, BackAfterTheRecoveryThreshold) {
    NodeHealth health = up_since(0s);
    for (int i = 1; i <= 3; ++i) health.on_probe(kBad, i * 1s);
    EXPECT_EQ(health.on_probe(kOk, 4s), std::nullopt);
    EXPECT_EQ(health.on_probe(kBad, 5s), std::nullopt);
    EXPECT_EQ(health.on_probe(kOk, 6s), std::nullopt);
    EXPECT_EQ(health.on_probe(kOk, 7s), NodeEvent::Answered);
}

TEST(NodeHealth, ANodeThatNeverAnsweredIsSaidDownOnce) {
    NodeHealth health({}, 0s);
    int said = 0;
    for (int i = 1; i < 10; ++i) said += health.on_probe(kBad, i * 1s) == NodeEvent::Failed ? 1 : 0;
    EXPECT_EQ(said, 1);
    EXPECT_EQ(health.needed_to_recover(), 2u);
}

TEST(NodeHealth, FlappingAsksForMoreProofAndCalmForgives) {
    NodeHealth health = up_since(0s);
    Instant now = 0s;
    std::vector<std::uint32_t> needed;
    for (int fall = 0; fall < 5; ++fall) {
        while (health.up()) health.on_probe(kBad, now += 1s);
        needed.push_back(health.needed_to_recover());
        while (!health.up()) health.on_probe(kOk, now += 1s);
    }
    EXPECT_EQ(needed, (std::vector<std::uint32_t>{2, 4, 8, 16, 16}));
    health.on_probe(kOk, now += 61s);
    for (int i = 0; i < 3; ++i) health.on_probe(kBad, now += 1s);
    EXPECT_EQ(health.needed_to_recover(), 2u);
}

TEST(NodeHealth, ABurstOfBadCallsCountsOnce) {
    NodeHealth health = up_since(0s);
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(health.on_call(CallEnd::Bad, 1s), std::nullopt);
    EXPECT_TRUE(health.up());
    EXPECT_TRUE(health.suspect(CallEnd::Bad));
    EXPECT_EQ(health.on_call(CallEnd::Bad, 1600ms), std::nullopt);
    EXPECT_EQ(health.on_call(CallEnd::Bad, 2200ms), NodeEvent::Failed);
    EXPECT_EQ(health.on_call(CallEnd::Good, 2300ms), std::nullopt);  // a good call does not bring it back
    EXPECT_FALSE(health.up());
}

TEST(NodeHealth, LateCallsAskForAProbeAndTakeNobodyOut) {
    NodeHealth health = up_since(0s);
    EXPECT_FALSE(health.suspect(CallEnd::Bad));
    for (int i = 1; i < 100; ++i) EXPECT_EQ(health.on_call(CallEnd::Late, i * 1s), std::nullopt);
    EXPECT_TRUE(health.suspect(CallEnd::Late));
    EXPECT_TRUE(health.up());
    for (int i = 0; i < 2; ++i) EXPECT_EQ(health.on_probe(kBad, 100s), std::nullopt);
    EXPECT_EQ(health.on_probe(kBad, 101s), NodeEvent::Failed);
}

TEST(NodeHealth, PaceIsBoundedAndFastWhereItMatters) {
    NodeHealth health({}, 0s);
    EXPECT_LE(health.next_delay(0.999), 550ms);  // starting
    for (int i = 0; i < 40; ++i) {
        health.on_probe(kBad, i * 1s);
        EXPECT_GE(health.next_delay(0.0), 450ms);
        EXPECT_LE(health.next_delay(0.999), 5500ms);
    }
    EXPECT_GE(health.next_delay(0.0), 4500ms);  // down for long: no hurry
    health.on_probe(kOk, 50s);
    EXPECT_LE(health.next_delay(0.5), 500ms);  // but now
    health.on_probe(kOk, 51s);
    EXPECT_GE(health.next_delay(0.0), 4500ms);
    health.on_probe(kBad, 52s);
    EXPECT_EQ(health.next_delay(0.5), 1s);
}

TEST(Breaker, OpensAfterFailuresInARowAndTriesOnce) {
    Breaker breaker({.open_after = 3, .first_pause = 100ms, .longest_pause = 1000ms});
    for (int i = 0; i < 2; ++i) breaker.failed(0s, 0.5);
    breaker.succeeded();
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(breaker.allow(0s));
        breaker.failed(0s, 1.0);
    }
    EXPECT_FALSE(breaker.allow(99ms));
    EXPECT_EQ(breaker.state(100ms), Breaker::State::HalfOpen);
    EXPECT_TRUE(breaker.allow(100ms));
    EXPECT_FALSE(breaker.allow(100ms));  // one trial at a time
    breaker.succeeded();
    EXPECT_EQ(breaker.state(100ms), Breaker::State::Closed);
    EXPECT_TRUE(breaker.allow(100ms));
    EXPECT_TRUE(breaker.allow(100ms));
}

TEST(Breaker, PausesGrowToALimitAndAreDrawnFromTheUpperHalf) {
    Breaker breaker({.open_after = 1, .first_pause = 100ms, .longest_pause = 1000ms});
    Instant now = 0s;
    const std::vector<Instant> pauses = {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms};
    for (const Instant pause : pauses) {
        ASSERT_TRUE(breaker.allow(now));
        breaker.failed(now, 0.0);
        EXPECT_EQ(breaker.opens_until() - now, pause / 2);
        now = breaker.opens_until();
    }
    ASSERT_TRUE(breaker.allow(now));
    breaker.succeeded();
    breaker.failed(now, 1.0);
    EXPECT_EQ(breaker.opens_until() - now, 100ms);  // it starts small again
}

TEST(Breaker, LateFailuresDoNotPushTheReopeningAway) {
    Breaker breaker({.open_after = 1, .first_pause = 100ms, .longest_pause = 1000ms});
    breaker.failed(0s, 1.0);
    for (int i = 0; i < 100; ++i) breaker.failed(50ms, 1.0);
    EXPECT_EQ(breaker.opens_until(), 100ms);
}

TEST(Breaker, ACancelledTrialGivesItsPlaceBackAndAProbeOpensTheDoor) {
    Breaker breaker({.open_after = 1, .first_pause = 100ms, .longest_pause = 1000ms});
    breaker.failed(0s, 1.0);
    EXPECT_TRUE(breaker.allow(100ms));
    breaker.gave_up();
    EXPECT_TRUE(breaker.allow(101ms));
    breaker.failed(101ms, 1.0);
    EXPECT_FALSE(breaker.allow(102ms));
    breaker.heard_from();
    EXPECT_TRUE(breaker.allow(102ms));
    EXPECT_FALSE(breaker.allow(102ms));
}

}  // namespace
}  // namespace miroir::cluster
