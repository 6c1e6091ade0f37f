// Chance comes in here. The draws are ours, not the library's, so that one seed means one sequence everywhere.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace miroir::env {

class Random {
public:
    virtual std::uint64_t next() = 0;

protected:
    ~Random() = default;
};

// Uniform in [0, bound); bound > 0.
inline std::uint64_t draw_below(Random& random, std::uint64_t bound) {
    const auto wide = static_cast<unsigned __int128>(random.next()) * bound;
    return static_cast<std::uint64_t>(wide >> 64);
}

// Uniform in [0, 1).
inline double draw_unit(Random& random) { return static_cast<double>(random.next() >> 11) * 0x1.0p-53; }

inline bool chance(Random& random, double probability) { return draw_unit(random) < probability; }

template <class T>
void shuffle(Random& random, std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[draw_below(random, i)]);
}

std::string uuid_v4(Random& random);                         // lower case, hyphenated
std::string uuid_v7(Random& random, std::uint64_t unix_ms);  // time-ordered, for request uids

}  // namespace miroir::env
