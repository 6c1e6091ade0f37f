// A change of an index's settings on its way: what is kept of it, and what comes next. It is proposed to the nodes in
// waves (plan/settings_waves.h), each wave is verified by what its nodes show, then it is committed; or it is undone.
// Deciding is pure; the Writer carries it out (settings_rounds.cpp).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "env/clock.h"
#include "json/value.h"
#include "plan/settings_waves.h"
#include "protocol/settings/settings.h"

namespace miroir::quorum {

struct SettingsOptions {
    plan::Rollout rollout = plan::Rollout::TwoPhase;
    std::uint32_t max_repair_retries = 3;
    std::chrono::nanoseconds retry_least = std::chrono::milliseconds(250);  // doubles with each
    std::chrono::nanoseconds verify_timeout = std::chrono::seconds(60);
    std::chrono::nanoseconds drift_interval = std::chrono::seconds(300);
    bool auto_repair = true;
};

struct SettingsChange {
    enum class Phase : std::uint8_t { Waiting, Waves, Rollback };
    Phase phase = Phase::Waiting;
    IndexUid index;
    protocol::SettingsPatch patch;  // of the client; applied when its turn comes
    std::vector<std::vector<NodeId>> waves{};
    std::size_t wave = 0;  // under way
    bool first_covers = false;
    std::uint32_t attempt = 0;     // how often this wave was asked again
    std::string body{};            // what nodes are sent
    std::string print{};           // what they should show then
    std::string previous_body{};   // of the settings before
    std::vector<NodeId> undone{};  // Rollback: who gets these
    std::optional<Error> error{};  // why it is undone

    // Not kept.
    std::optional<env::Monotonic> retry_at{};
    std::optional<env::Monotonic> since{};  // when it began to wait for something
};

json::Value to_json(const SettingsChange& change);
Result<SettingsChange> settings_change_of(const json::Value& stored);

// What the nodes of the wave under way say.
struct SettingsLook {
    struct Seen {
        NodeId node;
        enum class Kind : std::uint8_t { Open, Away, Mute, Failed, Shows } kind = Kind::Open;
        std::string print{};           // Shows
        std::optional<Error> error{};  // Failed
    };
    std::vector<Seen> nodes;
    bool covers = true;      // those that have it cover every shard, or no wave will by itself
    bool timed_out = false;  // mute nodes have had their time
};

struct SettingsStep {
    enum class Kind : std::uint8_t {
        Wait,      // nodes work on it
        Again,     // send it again to `nodes`, after a pause
        NextWave,  // this one is verified
        Commit,
        Undo,  // send `nodes` what they had, then fail with `error`
        Fail,  // nobody has it: only `error`
    };
    Kind kind = Kind::Wait;
    std::vector<NodeId> nodes{};
    std::optional<Error> error{};
    std::string learnt{};  // NextWave, Commit: all agreed on this form instead of the expected one
};

SettingsStep next_step(const SettingsChange& change, const SettingsLook& look, std::uint32_t max_retries);

// A node with other settings than the committed ones.
struct SettingsSuspect {
    std::uint32_t attempts = 0;
    std::string print{};   // shown when it was last repaired
    bool refused = false;  // the repair was not carried out
    std::optional<env::Monotonic> again_at{};
};

}  // namespace miroir::quorum
