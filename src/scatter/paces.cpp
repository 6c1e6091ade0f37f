#include "scatter/paces.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace miroir::scatter {
namespace {

constexpr double kPeersFactor = 2;  // a node that is slow altogether is late after this many p95 of its peers
constexpr double kSlowFactor = 3;
constexpr double kSlowMargin_ms = 3;
// However fast calls come one after another, each says something of how fast the node is now; one that was given up
// because another node was faster says much: whoever is late shall not be waited for many times.
constexpr double kLeastWeight = 1.0 / 8;
constexpr double kWeightOfLate = 1.0 / 2;
// A call that was given up would have taken longer, nobody knows by how much; it was waited for hardly longer than any
// other. Taken at its word, a node that hangs would look well enough to be asked whenever its peers have a bad moment:
// it is believed to take at least so many times what they do, which is enough to be called slow.
constexpr double kBeyondPeers = 7;

double ms_of(std::chrono::nanoseconds span) { return std::chrono::duration<double, std::milli>(span).count(); }

// The lower one of two: of a fast and a slow node the fast one is the measure.
template <class T>
T median(std::vector<T> values) {
    if (values.empty()) return T{};
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

}  // namespace

void Paces::began(const NodeId& node) {
    const std::scoped_lock lock(mutex_);
    ++paces_[node.value].in_flight;
}

void Paces::note_latency(Pace& pace, std::chrono::nanoseconds took, double weight) {
    pace.latency_ms = pace.known ? pace.latency_ms + weight * (ms_of(took) - pace.latency_ms) : ms_of(took);
    pace.window[pace.samples++ % kWindow] = took.count();
    if (pace.samples % kEvery != 0) return;
    std::vector<std::int64_t> sorted(
        pace.window.begin(), pace.window.begin() + static_cast<std::ptrdiff_t>(std::min(pace.samples, kWindow)));
    const auto rank = sorted.begin() + static_cast<std::ptrdiff_t>((sorted.size() * 95 + 99) / 100 - 1);
    std::ranges::nth_element(sorted, rank);
    pace.p95_ns = std::max<std::int64_t>(1, *rank);
    look_at_all();
}

void Paces::look_at_all() {
    std::vector<std::int64_t> p95s;
    std::vector<double> latencies;
    for (const auto& [name, pace] : paces_) {
        if (pace.p95_ns > 0) p95s.push_back(pace.p95_ns);
        if (pace.known) latencies.push_back(pace.latency_ms);
    }
    fleet_p95_ns_ = median(std::move(p95s));
    fleet_latency_ms_ = median(std::move(latencies));
}

void Paces::ended(const NodeId& node, std::chrono::nanoseconds took, Ending ending, env::Monotonic now) {
    const std::scoped_lock lock(mutex_);
    Pace& pace = paces_[node.value];
    if (pace.in_flight > 0) --pace.in_flight;
    if (ending == Ending::Canceled && pace.known && ms_of(took) <= pace.latency_ms) return;
    // What was learnt long ago weighs little, however many samples it was made of.
    const double age = ms_of(now - pace.told_at) / std::max(1e-6, ms_of(options_.half_life));
    const double weight = pace.known ? 1 - std::exp2(-age) : 1;
    pace.error_rate += weight * ((ending == Ending::Failed ? 1.0 : 0.0) - pace.error_rate);
    const bool given_up = ending == Ending::Canceled;
    const double felt = std::max(weight, given_up ? kWeightOfLate : kLeastWeight);
    if (ending != Ending::Failed) note_latency(pace, took, felt);
    if (given_up) pace.latency_ms += felt * std::max(0.0, kBeyondPeers * fleet_latency_ms_ - ms_of(took));
    pace.known = true;
    pace.told_at = now;
}

double Paces::cost(const NodeId& node) const {
    const std::scoped_lock lock(mutex_);
    const auto at = paces_.find(node.value);
    if (at == paces_.end()) return 1;
    const Pace& pace = at->second;
    return (1 + options_.latency_weight * pace.latency_ms) * (1 + options_.inflight_weight * pace.in_flight) *
           (1 + options_.error_weight * pace.error_rate);
}

std::optional<std::chrono::nanoseconds> Paces::p95(const NodeId& node) const {
    const std::scoped_lock lock(mutex_);
    const auto at = paces_.find(node.value);
    const std::int64_t own = at == paces_.end() ? 0 : at->second.p95_ns;
    const auto peers = static_cast<std::int64_t>(kPeersFactor * static_cast<double>(fleet_p95_ns_));
    if (own == 0 && peers == 0) return std::nullopt;
    return std::chrono::nanoseconds(own == 0 ? peers : std::min(own, peers));
}

std::optional<std::chrono::nanoseconds> Paces::slowest_p95(env::Monotonic since) const {
    const std::scoped_lock lock(mutex_);
    std::int64_t slowest = 0;
    for (const auto& [name, pace] : paces_) {
        if (pace.told_at >= since) slowest = std::max(slowest, pace.p95_ns);
    }
    return slowest > 0 ? std::optional(std::chrono::nanoseconds(slowest)) : std::nullopt;
}

bool Paces::slow(const NodeId& node) const {
    const std::scoped_lock lock(mutex_);
    const auto at = paces_.find(node.value);
    return at != paces_.end() && at->second.known && fleet_latency_ms_ > 0 &&
           at->second.latency_ms > kSlowFactor * fleet_latency_ms_ + kSlowMargin_ms;
}

std::chrono::nanoseconds Paces::typical(const NodeId& node) const {
    const std::scoped_lock lock(mutex_);
    const auto at = paces_.find(node.value);
    const double ms = at == paces_.end() ? 0 : at->second.latency_ms;
    return std::chrono::nanoseconds(static_cast<std::int64_t>(ms * 1e6));
}

}  // namespace miroir::scatter
