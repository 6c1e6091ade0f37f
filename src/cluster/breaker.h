// Circuit breaker of one node: keeps calls away from a node that just failed several in a row, and lets one through
// now and then to find out. No clock, no chance: the caller brings both. Belongs to one executor.
#pragma once

#include <chrono>
#include <cstdint>

#include "cluster/health.h"

namespace miroir::cluster {

struct BreakerOptions {
    std::uint32_t open_after = 5;  // failures in a row
    std::chrono::milliseconds first_pause{250};
    std::chrono::milliseconds longest_pause{15000};
    std::uint32_t close_after = 1;  // good trials in a row
};

class Breaker {
public:
    enum class State : std::uint8_t { Closed, Open, HalfOpen };

    explicit Breaker(BreakerOptions options = {}) : options_(options) {}

    // May a call go out now? In HalfOpen at most one trial is out at a time, and asking takes its place: follow every
    // `true` by exactly one succeeded(), failed() or gave_up().
    bool allow(Instant now);
    void succeeded();
    void failed(Instant now, double unit_draw);  // the pause is drawn from its upper half
    void gave_up();                              // the call was cancelled: it says nothing about the node
    void heard_from();                           // a probe was answered: the next call is a trial, now

    State state(Instant now) const;
    State stands() const { return state_; }  // as of the last call
    bool would_allow(Instant now) const {
        return state(now) == State::Closed || (state(now) == State::HalfOpen && !trial_out_);
    }
    Instant opens_until() const { return until_; }

private:
    BreakerOptions options_;
    State state_ = State::Closed;
    std::uint32_t bad_in_a_row_ = 0;
    std::uint32_t good_trials_ = 0;
    std::uint32_t openings_ = 0;  // in a row; sets the length of the pause
    bool trial_out_ = false;
    Instant until_{};
};

}  // namespace miroir::cluster
