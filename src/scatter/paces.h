// How fast each node answers reads of late, and how many it has in hand: what the choice of a replica and the moment
// for a second try are decided by. No clock: the caller brings the time. Executors may share one.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/ids.h"
#include "env/clock.h"

namespace miroir::scatter {

struct PaceOptions {
    double latency_weight = 1;
    double inflight_weight = 2;
    double error_weight = 10;
    std::chrono::nanoseconds half_life = std::chrono::seconds(5);
};

class Paces {
public:
    explicit Paces(PaceOptions options = {}) : options_(options) {}

    enum class Ending : std::uint8_t { Answered, Failed, Canceled };
    void began(const NodeId& node);
    // One for each began(). Of a cancelled call only this much is known: it would have taken longer.
    void ended(const NodeId& node, std::chrono::nanoseconds took, Ending ending, env::Monotonic now);

    // Lower is better: latency × calls in hand × failures. A node that was never asked costs what an idle one does.
    double cost(const NodeId& node) const;
    // The node's own p95, or twice that of its peers where the node is slow altogether. Nothing while too little is
    // known.
    std::optional<std::chrono::nanoseconds> p95(const NodeId& node) const;
    // The greatest p95 among nodes that were asked since then.
    std::optional<std::chrono::nanoseconds> slowest_p95(env::Monotonic since) const;
    bool slow(const NodeId& node) const;  // much slower than its peers of late
    std::chrono::nanoseconds typical(const NodeId& node) const;

private:
    static constexpr std::size_t kWindow = 128;
    static constexpr std::size_t kEvery = 16;  // samples between two looks at the window

    struct Pace {
        std::array<std::int64_t, kWindow> window{};
        std::size_t samples = 0;
        std::int64_t p95_ns = 0;  // 0: not known yet
        double latency_ms = 0;
        double error_rate = 0;
        std::uint32_t in_flight = 0;
        env::Monotonic told_at{};
        bool known = false;
    };
    void note_latency(Pace& pace, std::chrono::nanoseconds took, double weight);
    void look_at_all();

    const PaceOptions options_;
    mutable std::mutex mutex_;  // over all that follows
    std::unordered_map<std::string, Pace> paces_;
    std::int64_t fleet_p95_ns_ = 0;
    double fleet_latency_ms_ = 0;
};

}  // namespace miroir::scatter
