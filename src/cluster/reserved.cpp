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

std::optional<std::uint64_t> number_of(std::string_view text, std::size_t length) {
    if (text.size() != length) return std::nullopt;
    std::uint64_t out = 0;
    for (const char c : text) {
        const std::size_t digit = kDigits.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        out = out << 3 | digit;
    }
    return out;
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

std::optional<ShardId> shard_of_label(std::string_view text) {
    const auto number = number_of(text, kLabelLength);
    return number ? std::optional(ShardId{static_cast<std::uint32_t>(*number)}) : std::nullopt;
}

std::optional<std::uint64_t> stamp_of(std::string_view text) { return number_of(text, kStampLength); }

}  // namespace miroir::cluster
