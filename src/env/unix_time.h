// Wall time as a number since 1970, for what is stored and shown.
#pragma once

#include <cstdint>

#include "env/clock.h"

namespace miroir::env {

template <class Unit>
std::int64_t unix_time(WallTime at) {
    return std::chrono::duration_cast<Unit>(at.time_since_epoch()).count();
}
inline std::int64_t unix_ms(Clock& clock) { return unix_time<std::chrono::milliseconds>(clock.wall()); }
inline std::uint64_t unix_us(Clock& clock) {
    return static_cast<std::uint64_t>(unix_time<std::chrono::microseconds>(clock.wall()));
}

}  // namespace miroir::env
