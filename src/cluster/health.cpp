#include "cluster/health.h"

#include <algorithm>
#include <array>

namespace miroir::cluster {
namespace {

// A node that fell again within this many intervals is flapping, and has to prove itself longer each time.
constexpr int kCalmIntervals = 12;
constexpr std::uint32_t kMostDoublings = 3;
constexpr int kFastShare = 10;  // the fastest pace is a tenth of the interval

std::chrono::nanoseconds spread(std::chrono::nanoseconds span, double unit_draw) {
    return std::chrono::nanoseconds(
        static_cast<std::int64_t>(static_cast<double>(span.count()) * (0.9 + 0.2 * unit_draw)));
}

}  // namespace

std::string_view name_of(ProbeOutcome outcome) {
    static constexpr std::array<std::string_view, 5> kNames = {"healthy", "unreachable", "timed_out", "unwell",
                                                               "foreign"};
    return kNames[static_cast<std::size_t>(outcome)];
}

NodeHealth::NodeHealth(HealthOptions options, Instant now) : options_(options), calm_since_(now) {
    options_.unhealthy_threshold = std::max(options_.unhealthy_threshold, 1u);
    options_.recovery_threshold = std::max(options_.recovery_threshold, 1u);
}

std::uint32_t NodeHealth::needed_to_recover() const {
    // The first answer ever needs no proof: nothing was believed before that it could contradict.
    if (!asked_before_) return 1;
    const std::uint32_t doublings = std::min(fell_lately_ > 0 ? fell_lately_ - 1 : 0, kMostDoublings);
    return options_.recovery_threshold << doublings;
}

std::optional<NodeEvent> NodeHealth::on_probe(ProbeOutcome outcome, Instant now) {
    if (outcome != ProbeOutcome::Healthy) return bad(now);
    bad_in_a_row_ = 0;
    if (up_) {
        if (now - calm_since_ >= options_.interval * kCalmIntervals) fell_lately_ = 0;
        return std::nullopt;
    }
    if (++good_in_a_row_ < needed_to_recover()) return std::nullopt;
    up_ = true;
    asked_before_ = true;
    calm_since_ = now;
    return NodeEvent::Answered;
}

std::optional<NodeEvent> NodeHealth::on_call(CallEnd end, Instant now) {
    // A good one says nothing of what the probes saw: a node may answer one route and hang on another.
    if (!up_ || end != CallEnd::Bad) return std::nullopt;
    if (last_bad_call_ && now - *last_bad_call_ < options_.interval / kFastShare) return std::nullopt;
    last_bad_call_ = now;
    return bad(now);
}

std::optional<NodeEvent> NodeHealth::bad(Instant now) {
    good_in_a_row_ = 0;
    ++bad_in_a_row_;
    if (bad_in_a_row_ < options_.unhealthy_threshold) return std::nullopt;
    // Said again while it stays down only once: the first time, also by a node that never was up.
    const bool first = up_ || !asked_before_;
    if (up_) ++fell_lately_;
    up_ = false;
    asked_before_ = true;
    calm_since_ = now;
    return first ? std::optional(NodeEvent::Failed) : std::nullopt;
}

std::chrono::nanoseconds NodeHealth::next_delay(double unit_draw) const {
    const std::chrono::nanoseconds slow = options_.interval;
    const std::chrono::nanoseconds fast = slow / kFastShare;
    if (up_) return spread(bad_in_a_row_ > 0 ? 2 * fast : slow, unit_draw);
    if (good_in_a_row_ > 0) return spread(fast, unit_draw);
    const std::uint32_t doublings = std::min(bad_in_a_row_ > 0 ? bad_in_a_row_ - 1 : 0, 5u);
    return spread(std::min(slow, fast * (1 << doublings)), unit_draw);
}

}  // namespace miroir::cluster
