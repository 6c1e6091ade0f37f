#include "cluster/breakers.h"

#include <gtest/gtest.h>

namespace miroir::cluster {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const NodeId kNode{"a"};

void open(Breakers& board, Instant now) {
    for (int i = 0; i < 5; ++i) board.allow(kNode, now)->failed(now, 0.5);
}

TEST(Breakers, OneTrialAtATimeAndADroppedOneMakesRoom) {
    Breakers board;
    open(board, seconds(1));
    EXPECT_FALSE(board.passes(kNode, seconds(1)));
    EXPECT_TRUE(board.passes(NodeId{"b"}, seconds(1)));
    const Instant later = seconds(2);
    {
        const auto trial = board.allow(kNode, later);
        ASSERT_TRUE(trial);
        EXPECT_FALSE(board.passes(kNode, later));
        EXPECT_FALSE(board.allow(kNode, later));
    }  // neither good nor bad: it was cancelled
    auto next = board.allow(kNode, later);
    ASSERT_TRUE(next);
    next->succeeded(later);
    EXPECT_EQ(board.view(kNode, later).state, Breaker::State::Closed);
    EXPECT_EQ(board.view(kNode, later).openings, 1u);
}

TEST(Breakers, CallsFromBeforeTheOpeningDoNotSpeakForTheTrial) {
    Breakers board;
    auto early = board.allow(kNode, seconds(1));
    auto earlier = board.allow(kNode, seconds(1));
    open(board, seconds(1));
    auto trial = board.allow(kNode, seconds(2));
    ASSERT_TRUE(trial);
    early->succeeded(seconds(2));
    EXPECT_EQ(board.view(kNode, seconds(2)).state, Breaker::State::HalfOpen) << "late good news is old news";
    {
        const auto dropped = std::move(*earlier);
    }
    EXPECT_FALSE(board.passes(kNode, seconds(2))) << "the trial is still out";
    trial->failed(seconds(2), 0.5);
    EXPECT_EQ(board.view(kNode, seconds(2)).openings, 2u);
}

TEST(Breakers, AnAnsweredProbeEndsThePause) {
    Breakers board;
    open(board, seconds(1));
    board.heard_from(kNode, seconds(1));
    EXPECT_TRUE(board.passes(kNode, seconds(1) + milliseconds(1)));
    board.heard_from(NodeId{"never called"}, seconds(1));
}

// A costly query must not close a node that answers everybody else.
TEST(Breakers, ALateCallIsAFailureOnlyOfANodeThatAnswersNothing) {
    Breakers board;
    const auto late = [&](Instant begun) {
        board.allow(kNode, begun)->ran_late(begun, begun + seconds(5), 0.5);
        return board.view(kNode, begun + seconds(5)).state;
    };
    for (int i = 1; i <= 20; ++i) {
        board.heard_from(kNode, seconds(10 * i + 1));
        EXPECT_EQ(late(seconds(10 * i)), Breaker::State::Closed) << "a probe was answered meanwhile";
    }
    board.allow(kNode, seconds(300))->succeeded(seconds(302));
    EXPECT_EQ(late(seconds(301)), Breaker::State::Closed) << "a call was";
    for (int i = 0; i < 4; ++i) EXPECT_EQ(late(seconds(400 + i)), Breaker::State::Closed);
    EXPECT_EQ(late(seconds(404)), Breaker::State::Open);
}

}  // namespace
}  // namespace miroir::cluster
