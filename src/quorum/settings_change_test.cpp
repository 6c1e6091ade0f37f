#include "quorum/settings_change.h"

#include <gtest/gtest.h>

namespace miroir::quorum {
namespace {

using Kind = SettingsStep::Kind;
using Seen = SettingsLook::Seen;

constexpr std::uint32_t kRetries = 3;

SettingsChange change_of(std::vector<std::vector<NodeId>> waves, bool first_covers) {
    SettingsChange change{.index = {"films"}, .patch = {}};
    change.phase = SettingsChange::Phase::Waves;
    change.waves = std::move(waves);
    change.first_covers = first_covers;
    change.print = "good";
    return change;
}

Seen shows(const char* node, const char* print) { return {.node = {node}, .kind = Seen::Kind::Shows, .print = print}; }
Seen failed(const char* node, ErrorCode code = ErrorCode::InvalidSettingsEmbedders) {
    return {.node = {node}, .kind = Seen::Kind::Failed, .error = Error{.code = code, .message = "no"}};
}
SettingsLook look_of(std::vector<Seen> nodes) { return {.nodes = std::move(nodes)}; }

TEST(SettingsStep, AVerifiedFirstWaveThatCoversIsCommitted) {
    const SettingsChange change = change_of({{{"a"}}, {{"b"}}}, true);
    EXPECT_EQ(next_step(change, look_of({shows("a", "good")}), kRetries).kind, Kind::Commit);
}

TEST(SettingsStep, WithoutACoverEachWaveHasToEnd) {
    SettingsChange change = change_of({{{"a"}}, {{"b"}, {"c"}}}, false);
    EXPECT_EQ(next_step(change, look_of({shows("a", "good")}), kRetries).kind, Kind::NextWave);
    change.wave = 1;
    EXPECT_EQ(next_step(change, look_of({shows("b", "good"), {.node = {"c"}}}), kRetries).kind, Kind::Wait);
    EXPECT_EQ(next_step(change, look_of({shows("b", "good"), shows("c", "good")}), kRetries).kind, Kind::Commit);
}

TEST(SettingsStep, AWaveThatCoversNoMoreIsFollowedByTheNext) {
    const SettingsChange change = change_of({{{"a"}}, {{"b"}}}, true);
    SettingsLook look = look_of({{.node = {"a"}, .kind = Seen::Kind::Away}});
    look.covers = false;
    EXPECT_EQ(next_step(change, look, kRetries).kind, Kind::NextWave);
}

TEST(SettingsStep, TheEnginesOwnNoNeedsNoRetryAndNoUndoing) {
    const SettingsChange change = change_of({{{"a"}, {"b"}}}, false);
    const SettingsStep step = next_step(change, look_of({failed("a"), failed("b")}), kRetries);
    EXPECT_EQ(step.kind, Kind::Fail);
    EXPECT_EQ(step.error->code, ErrorCode::InvalidSettingsEmbedders);
}

TEST(SettingsStep, ANodesOwnTroubleIsTriedAgain) {
    const SettingsChange change = change_of({{{"a"}}}, false);
    EXPECT_EQ(next_step(change, look_of({failed("a", ErrorCode::Internal)}), kRetries).kind, Kind::Again);
}

TEST(SettingsStep, OneThatFailsAloneIsTriedAgainThenAllAreUndone) {
    SettingsChange change = change_of({{{"a"}, {"b"}}}, false);
    const SettingsLook look = look_of({shows("a", "good"), failed("b")});
    EXPECT_EQ(next_step(change, look, kRetries).kind, Kind::Again);
    EXPECT_EQ(next_step(change, look, kRetries).nodes, std::vector<NodeId>{{"b"}});
    change.attempt = kRetries;
    const SettingsStep step = next_step(change, look, kRetries);
    EXPECT_EQ(step.kind, Kind::Undo);
    EXPECT_EQ(step.nodes, (std::vector<NodeId>{{"a"}, {"b"}}));
    EXPECT_EQ(step.error->code, ErrorCode::InvalidSettingsEmbedders);
}

TEST(SettingsStep, WhoShowsSomethingElseIsSentItAgain) {
    SettingsChange change = change_of({{{"a"}, {"b"}}}, false);
    const SettingsLook look = look_of({shows("a", "good"), shows("b", "other")});
    EXPECT_EQ(next_step(change, look, kRetries).nodes, std::vector<NodeId>{{"b"}});
    change.attempt = kRetries;
    const SettingsStep step = next_step(change, look, kRetries);
    EXPECT_EQ(step.kind, Kind::Undo);
    EXPECT_NE(step.error->message.find("`b`"), std::string::npos);
}

TEST(SettingsStep, AFormAllAgreeOnTwiceIsTheEnginesOwn) {
    SettingsChange change = change_of({{{"a"}, {"b"}}}, false);
    const SettingsLook look = look_of({shows("a", "other"), shows("b", "other")});
    EXPECT_EQ(next_step(change, look, kRetries).kind, Kind::Again);
    change.attempt = 1;
    const SettingsStep step = next_step(change, look, kRetries);
    EXPECT_EQ(step.kind, Kind::Commit);
    EXPECT_EQ(step.learnt, "other");
}

TEST(SettingsStep, WhoIsSilentIsWaitedForButNotForEver) {
    const SettingsChange change = change_of({{{"a"}, {"b"}}}, false);
    SettingsLook look = look_of({shows("a", "good"), {.node = {"b"}, .kind = Seen::Kind::Mute}});
    EXPECT_EQ(next_step(change, look, kRetries).kind, Kind::Wait);
    look.timed_out = true;
    EXPECT_EQ(next_step(change, look, kRetries).kind, Kind::Again);
}

TEST(SettingsStep, WhoIsAwayHoldsNobodyUpWhileTheOthersCover) {
    const SettingsChange change = change_of({{{"a"}, {"b"}}}, false);
    SettingsLook look = look_of({shows("a", "good"), {.node = {"b"}, .kind = Seen::Kind::Away}});
    EXPECT_EQ(next_step(change, look, kRetries).kind, Kind::Commit);
    look.covers = false;
    EXPECT_EQ(next_step(change, look, kRetries).kind, Kind::Wait);
}

TEST(SettingsChange, IsKeptWhole) {
    SettingsChange change = change_of({{{"a"}}, {{"b"}, {"c"}}}, true);
    change.patch.changes = json::Object{{"stopWords", json::Array{"x"}}};
    change.wave = 1;
    change.attempt = 2;
    change.body = "{}";
    change.previous_body = "{\"a\":1}";
    change.undone = {{"a"}};
    change.error = Error{.code = ErrorCode::InvalidSettingsEmbedders, .message = "why"};
    const Result<SettingsChange> read = settings_change_of(to_json(change));
    ASSERT_TRUE(read);
    EXPECT_EQ(to_json(*read), to_json(change));
    EXPECT_EQ(read->waves, change.waves);
    EXPECT_EQ(read->error->code, ErrorCode::InvalidSettingsEmbedders);
    EXPECT_FALSE(settings_change_of(json::Value(json::Object())));
}

}  // namespace
}  // namespace miroir::quorum
