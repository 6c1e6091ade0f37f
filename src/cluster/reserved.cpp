#include "cluster/reserved.h"

#include "base/assert.h"

namespace miroir::cluster {
namespace {

constexpr std::string_view kDigits = "!,./:;?|";
constexpr std::size_t kLabelLength = 3;
constexpr std::size_t kStampLength = 18;

std::string written(std::uint64_t number, std::size_t length) {
    std::string out(length, kDigits[0]);
    for (std::size_t i = length; i-- > 0; number >>= 3) out[i] = kDigits[number & 7];
    return out;
}

}  // namespace

std::string shard_label(ShardId shard) {
    MIROIR_ASSERT(shard.value < kLabelledShards);
    return written(shard.value, kLabelLength);
}

std::string stamp_text(std::uint64_t stamp) {
    MIROIR_ASSERT(stamp < kStampLimit);
    return written(stamp, kStampLength);
}

std::optional<std::uint64_t> stamp_of(std::string_view text) {
    if (text.size() != kStampLength) return std::nullopt;
    std::uint64_t out = 0;
    for (char c : text) {
        const std::size_t digit = kDigits.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        out = out << 3 | digit;
    }
    return out;
}

}  // namespace miroir::cluster
