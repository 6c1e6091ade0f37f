// Chance that repeats: xoshiro256**, its state drawn from the seed by splitmix64. Streams forked by name do not
// disturb each other, so that one draw more in one place does not change all others.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

#include "env/random.h"

namespace miroir::sim {

inline std::uint64_t splitmix(std::uint64_t& state) {
    std::uint64_t z = (state += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

inline std::uint64_t hash_text(std::string_view text, std::uint64_t hash = 0xCBF29CE484222325) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    return hash;
}

class SeededRandom final : public env::Random {
public:
    explicit SeededRandom(std::uint64_t seed) : seed_(seed) {
        for (std::uint64_t& word : state_) word = splitmix(seed);
    }

    std::uint64_t next() override {
        const std::uint64_t out = std::rotl(state_[1] * 5, 7) * 9;
        const std::uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return out;
    }

    SeededRandom fork(std::string_view name, std::uint64_t number = 0) const {
        std::uint64_t mixed = seed_ ^ hash_text(name) ^ number * 0xD1342543DE82EF95;
        return SeededRandom(splitmix(mixed));
    }

private:
    std::uint64_t seed_;
    std::array<std::uint64_t, 4> state_{};
};

}  // namespace miroir::sim
