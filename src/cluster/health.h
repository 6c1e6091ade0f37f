// Is one node well? Counts probes and the outcome of real calls; says when its standing should change and when to
// ask next. No clock, no chance: the caller brings both. Not thread-safe; belongs to the prober's executor.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "cluster/standing.h"

namespace miroir::cluster {

// A point of the monotonic clock, from whatever start it has.
using Instant = std::chrono::nanoseconds;

struct HealthOptions {
    std::chrono::milliseconds interval{5000};
    std::chrono::milliseconds timeout{2000};
    std::uint32_t unhealthy_threshold = 3;  // bad answers in a row until it is down
    std::uint32_t recovery_threshold = 2;   // good answers in a row until it is back
    std::uint32_t version_every = 12;       // ask for the engine's version every so many good probes
};

enum class ProbeOutcome : std::uint8_t {
    Healthy,      // 200 {"status":"available"}
    Unreachable,  // no connection, or it broke
    TimedOut,
    Unwell,   // answers as Meilisearch with an error: 429, 500, 503
    Foreign,  // answers, but not as Meilisearch does
};
std::string_view name_of(ProbeOutcome outcome);  // "timed_out"

// How a real call to a node ended. One that ran out of its time may have been dear in itself.
enum class CallEnd : std::uint8_t { Good, Bad, Late };

class NodeHealth {
public:
    NodeHealth(HealthOptions options, Instant now);

    // The outcome of a probe. What it returns is to be applied to the node's standing.
    std::optional<NodeEvent> on_probe(ProbeOutcome outcome, Instant now);

    // The outcome of a real call (a reply below 500 is good). Bad ones count like a probe, but a burst of them counts
    // once: many calls fail together when one connection breaks. Good ones never make a node healthy that is down, and
    // late ones say nothing: one costly query must not close a node to everybody. The probe will tell.
    std::optional<NodeEvent> on_call(CallEnd end, Instant now);
    // A bad or late call deserves a probe now rather than at the next turn.
    bool suspect(CallEnd end) const { return up_ && (end == CallEnd::Late || bad_in_a_row_ > 0); }

    // How long to wait until the next probe; `unit_draw` in [0, 1) spreads it by a tenth to either side. Often while
    // starting or recovering, less and less often while it stays down, never more often than interval / 10.
    std::chrono::nanoseconds next_delay(double unit_draw) const;

    bool up() const { return up_; }
    bool down() const { return !up_ && asked_before_; }  // neither: not yet decided
    // Good answers in a row that are asked for now: grows while the node flaps.
    std::uint32_t needed_to_recover() const;

private:
    std::optional<NodeEvent> bad(Instant now);

    HealthOptions options_;
    bool up_ = false;
    bool asked_before_ = false;  // it was up or found down at least once
    std::uint32_t bad_in_a_row_ = 0;
    std::uint32_t good_in_a_row_ = 0;
    std::uint32_t fell_lately_ = 0;  // how often it went down without a calm time between
    Instant calm_since_{};
    std::optional<Instant> last_bad_call_;
};

}  // namespace miroir::cluster
