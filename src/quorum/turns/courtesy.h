// How much of the time copying may take while others search: less as soon as searches take much longer than they did,
// more again step by step (additive increase, multiplicative decrease). What searches take undisturbed is learnt by
// itself: the least of late, which gives way within minutes where the load has changed for good. Pure.
#pragma once

#include <chrono>
#include <optional>

#include "env/clock.h"

namespace miroir::quorum {

struct CourtesyOptions {
    double slowdown = 1.4;  // that searches may suffer; 0: they are not looked at
    double least_share = 0.1;
    double step = 0.05;
    std::chrono::nanoseconds margin = std::chrono::milliseconds(2);  // so much more is never felt
    std::chrono::nanoseconds look_every = std::chrono::milliseconds(250);
    std::chrono::nanoseconds gives_way_in = std::chrono::minutes(2);  // half of the way
    std::chrono::nanoseconds longest_rest = std::chrono::seconds(5);
};

class Courtesy {
public:
    explicit Courtesy(CourtesyOptions options = {}) : options_(options) {}

    // `latency`: what nine of ten searches or so stay under now. Nothing: nobody searches.
    void look(std::optional<std::chrono::nanoseconds> latency, env::Monotonic now);
    double share() const { return share_; }
    // After work that took so long.
    std::chrono::nanoseconds rest_after(std::chrono::nanoseconds work) const;

private:
    void learn(std::chrono::nanoseconds latency, env::Monotonic now);

    CourtesyOptions options_;
    double share_ = 1;
    std::optional<std::chrono::nanoseconds> calm_;
    env::Monotonic learnt_at_{};
    env::Monotonic looked_at_{};
};

}  // namespace miroir::quorum
