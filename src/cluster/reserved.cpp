#include "cluster/reserved.h"

#include "base/assert.h"

namespace miroir::cluster {
namespace {

constexpr std::string_view kDigits = "!,./:;?|";
constexpr std::size_t kLabelLength = 3;
constexpr std::size_t kStampLength = 18;

void append(std::string& out, std::uint64_t number, std::size_t length) {
    const std::size_t from = out.size();
    out.append(length, kDigits[0]);
    for (std::size_t i = out.size(); i-- > from; number >>= 3) out[i] = kDigits[number & 7];
}

}  // namespace

std::string shard_label(ShardId shard) {
    MIROIR_ASSERT(shard.value < kLabelledShards);
    std::string out;
    append(out, shard.value, kLabelLength);
    return out;
}

std::string stamp_text(std::uint64_t stamp) {
    std::string out;
    append_stamp_text(out, stamp);
    return out;
}

void append_stamp_text(std::string& out, std::uint64_t stamp) {
    MIROIR_ASSERT(stamp < kStampLimit);
    append(out, stamp, kStampLength);
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
