// Two clocks, never confused: Monotonic orders and measures, WallTime is shown to people and checked against `exp`.
#pragma once

#include <chrono>

namespace miroir::env {

struct MonotonicEra {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<MonotonicEra>;
    static constexpr bool is_steady = true;
};
using Monotonic = MonotonicEra::time_point;
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;

class Clock {
public:
    virtual Monotonic now() = 0;
    virtual WallTime wall() = 0;

protected:
    ~Clock() = default;
};

}  // namespace miroir::env
