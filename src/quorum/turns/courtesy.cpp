#include "quorum/turns/courtesy.h"

#include <algorithm>
#include <cmath>

namespace miroir::quorum {
namespace {

std::chrono::nanoseconds scaled(std::chrono::nanoseconds span, double factor) {
    return std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(span.count()) * factor));
}

}  // namespace

void Courtesy::learn(std::chrono::nanoseconds latency, env::Monotonic now) {
    if (!calm_ || latency < *calm_) {
        calm_ = latency;
    } else {
        const auto age = std::chrono::duration<double>(now - learnt_at_);
        const double kept = std::exp2(-age / std::chrono::duration<double>(options_.gives_way_in));
        *calm_ += scaled(latency - *calm_, 1 - kept);
    }
    learnt_at_ = now;
}

void Courtesy::look(std::optional<std::chrono::nanoseconds> latency, env::Monotonic now) {
    if (options_.slowdown == 0 || (looked_at_ != env::Monotonic{} && now - looked_at_ < options_.look_every)) return;
    looked_at_ = now;
    if (latency) learn(*latency, now);
    const bool strained = latency && *latency > scaled(*calm_, options_.slowdown) + options_.margin;
    share_ = strained ? std::max(options_.least_share, share_ / 2) : std::min(1.0, share_ + options_.step);
}

std::chrono::nanoseconds Courtesy::rest_after(std::chrono::nanoseconds work) const {
    return std::min(options_.longest_rest, scaled(work, 1 / share_ - 1));
}

}  // namespace miroir::quorum
