#include "env/random.h"

#include <array>

namespace miroir::env {
namespace {

std::string hyphenated(std::uint64_t high, std::uint64_t low) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string out;
    for (int i = 0; i < 32; ++i) {
        if (i == 8 || i == 12 || i == 16 || i == 20) out += '-';
        const std::uint64_t half = i < 16 ? high : low;
        out += kHex[(half >> (60 - 4 * (i % 16))) & 15];
    }
    return out;
}

constexpr std::uint64_t kVariant = 0x8000'0000'0000'0000;
constexpr std::uint64_t kVariantMask = 0x3FFF'FFFF'FFFF'FFFF;

}  // namespace

std::string uuid_v4(Random& random) {
    const std::uint64_t high = (random.next() & 0xFFFF'FFFF'FFFF'0FFF) | 0x4000;
    return hyphenated(high, (random.next() & kVariantMask) | kVariant);
}

std::string uuid_v7(Random& random, std::uint64_t unix_ms) {
    const std::uint64_t high = (unix_ms << 16) | 0x7000 | (random.next() & 0x0FFF);
    return hyphenated(high, (random.next() & kVariantMask) | kVariant);
}

}  // namespace miroir::env
