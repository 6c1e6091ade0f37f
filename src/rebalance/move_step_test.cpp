#include "rebalance/move_step.h"

#include <gtest/gtest.h>

namespace miroir::rebalance {
namespace {

MoveRecord in(MovePhase phase) {
    return {
        .shard = {3}, .group = {1}, .from = {"a"}, .to = {"b"}, .phase = phase, .began_ms = 5, .topology_version = 9};
}

TEST(MoveStep, TheStraightWay) {
    EXPECT_EQ(decide(in(MovePhase::Doubling), {}), MoveStep::Wait);
    EXPECT_EQ(decide(in(MovePhase::Doubling), {.older_writes_sent = true, .filled = true}), MoveStep::Owe)
        << "what was written before the doubling is not there yet";
    EXPECT_EQ(decide(in(MovePhase::Copying), {.older_writes_sent = true}), MoveStep::Wait);
    EXPECT_EQ(decide(in(MovePhase::Copying), {.filled = true}), MoveStep::CutOver);
    EXPECT_EQ(decide(in(MovePhase::Grace), {.grace_over = true}), MoveStep::Wait) << "somebody still reads there";
    EXPECT_EQ(decide(in(MovePhase::Grace), {.readers_left = true}), MoveStep::Wait);
    EXPECT_EQ(decide(in(MovePhase::Grace), {.grace_over = true, .readers_left = true}), MoveStep::Clean);
    EXPECT_EQ(decide(in(MovePhase::Cleaning), {}), MoveStep::Wipe);
}

TEST(MoveStep, GivenUpBeforeTheCutOverOnly) {
    for (const MovePhase phase : {MovePhase::Doubling, MovePhase::Copying}) {
        EXPECT_EQ(decide(in(phase), {.given_up = true, .older_writes_sent = true, .filled = true}), MoveStep::Undo);
        EXPECT_EQ(decide(in(phase), {.to_left = true}), MoveStep::Undo);
    }
    for (const MovePhase phase : {MovePhase::Grace, MovePhase::Cleaning}) {
        EXPECT_EQ(decide(in(phase), {.given_up = true}), decide(in(phase), {}));
        EXPECT_EQ(decide(in(phase), {.to_left = true}), decide(in(phase), {})) << "the old copy is stale by now";
    }
    EXPECT_EQ(decide(in(MovePhase::Undoing), {}), MoveStep::Wait);
    EXPECT_EQ(decide(in(MovePhase::Undoing), {.readers_left = true}), MoveStep::Wipe);
}

TEST(MoveStep, OwnersThatAreGone) {
    EXPECT_EQ(decide(in(MovePhase::Copying), {.filled = true, .no_source = true}), MoveStep::CutOverEmpty);
    EXPECT_EQ(decide(in(MovePhase::Copying), {.no_source = true, .to_left = true}), MoveStep::Undo);
    EXPECT_EQ(decide(in(MovePhase::Copying), {.from_left = true}), MoveStep::Wait) << "another replica gives the copy";
    EXPECT_EQ(decide(in(MovePhase::Grace), {.from_left = true}), MoveStep::Drop);
    EXPECT_EQ(decide(in(MovePhase::Cleaning), {.from_left = true}), MoveStep::Drop);
    EXPECT_EQ(decide(in(MovePhase::Undoing), {.to_left = true}), MoveStep::Drop);
}

TEST(MoveStep, Records) {
    for (const MovePhase phase :
         {MovePhase::Doubling, MovePhase::Copying, MovePhase::Grace, MovePhase::Cleaning, MovePhase::Undoing}) {
        EXPECT_EQ(move_from(to_record(in(phase))).value(), in(phase));
    }
    EXPECT_EQ(key_of(in(MovePhase::Grace)), "00003/01");
    EXPECT_FALSE(move_from("{}"));
    EXPECT_FALSE(move_from("nonsense"));
}

}  // namespace
}  // namespace miroir::rebalance
