#include "cluster/breaker.h"

#include <algorithm>

namespace miroir::cluster {
namespace {
constexpr std::uint32_t kMostDoublings = 16;
}

Breaker::State Breaker::state(Instant now) const {
    if (state_ == State::Open && now >= until_) return State::HalfOpen;
    return state_;
}

bool Breaker::allow(Instant now) {
    state_ = state(now);
    if (state_ == State::Closed) return true;
    if (state_ == State::Open || trial_out_) return false;
    trial_out_ = true;
    return true;
}

void Breaker::succeeded() {
    bad_in_a_row_ = 0;
    trial_out_ = false;
    // A call from before the opening that ends well late does not close it: only a trial does.
    if (state_ != State::HalfOpen) return;
    if (++good_trials_ < options_.close_after) return;
    state_ = State::Closed;
    good_trials_ = 0;
    openings_ = 0;
}

void Breaker::failed(Instant now, double unit_draw) {
    const bool trial = state_ == State::HalfOpen;
    trial_out_ = false;
    good_trials_ = 0;
    if (state_ == State::Open) return;  // calls that were out when it opened fail late: they are not new failures
    if (!trial && ++bad_in_a_row_ < options_.open_after) return;
    const std::uint32_t doublings = std::min(openings_++, kMostDoublings);
    const std::chrono::nanoseconds longest = options_.longest_pause;
    const std::chrono::nanoseconds pause =
        std::min<std::chrono::nanoseconds>(longest, std::chrono::nanoseconds(options_.first_pause) * (1u << doublings));
    const auto half = pause.count() / 2;
    until_ = now + std::chrono::nanoseconds(half + static_cast<std::int64_t>(static_cast<double>(half) * unit_draw));
    state_ = State::Open;
    bad_in_a_row_ = 0;
}

void Breaker::gave_up() { trial_out_ = false; }

void Breaker::heard_from() {
    if (state_ == State::Open) until_ = Instant::min();
}

}  // namespace miroir::cluster
