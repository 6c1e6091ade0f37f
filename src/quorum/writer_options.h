// What the writer may be told: how long it waits, what it keeps, when a write counts.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "env/metrics.h"
#include "quorum/ack_rule.h"
#include "quorum/node_link.h"
#include "quorum/repair/introductions.h"
#include "quorum/settings_change.h"

namespace miroir::quorum {

// Only tasks that have ended are forgotten.
struct TaskRetention {
    std::size_t most = 1'000'000;                 // then a tenth of them goes, the oldest first
    std::optional<std::chrono::nanoseconds> age;  // since they ended
    std::chrono::nanoseconds look_every = std::chrono::minutes(5);
    std::size_t at_once = 10'000;
};

struct WriterOptions {
    AckRule acks;
    LinkOptions link;
    std::chrono::nanoseconds poll_least = std::chrono::milliseconds(3);
    std::chrono::nanoseconds poll_most = std::chrono::milliseconds(200);
    // A write that would be refused for the want of a node waits so long for it, once in each absence.
    std::chrono::nanoseconds patience = std::chrono::seconds(1);
    TaskRetention tasks_kept;
    std::chrono::nanoseconds cancel_timeout = std::chrono::seconds(5);
    SettingsOptions settings{};
    env::Metrics* metrics = &env::no_metrics();
    std::uint64_t hint_bytes_max = 512 << 20;  // of one node; beyond that it is in debt instead
    std::size_t large_body = 4 << 20;          // beyond that it is not held in memory while it is written down
    std::shared_ptr<Introductions> introductions = std::make_shared<Introductions>();  // kept true here
    std::shared_ptr<Claim> claim = std::make_shared<Claim>();                          // likewise
    bool keep_graves = true;  // deletions are remembered until all copies have been compared
};

}  // namespace miroir::quorum
