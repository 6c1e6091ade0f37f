#include "protocol/keys/uuid.h"

#include <array>
#include <cstdint>
#include <optional>

namespace miroir::protocol {
namespace {

constexpr std::array<std::size_t, 5> kStarts = {0, 9, 14, 19, 24};
constexpr std::array<std::size_t, 5> kLengths = {8, 4, 4, 4, 12};

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
char lower(char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; }

std::optional<std::string> canonical(std::string_view digits, bool hyphens) {
    if (digits.size() != (hyphens ? 36 : 32)) return std::nullopt;
    std::string out;
    std::size_t group = 0;
    std::size_t in_group = 0;
    for (const char c : digits) {
        if (hyphens && in_group == kLengths[group]) {
            if (c != '-') return std::nullopt;
            out += '-';
            ++group;
            in_group = 0;
            continue;
        }
        if (!is_hex(c)) return std::nullopt;
        if (!hyphens && in_group == kLengths[group]) {
            out += '-';
            ++group;
            in_group = 0;
        }
        out += lower(c);
        ++in_group;
    }
    return out;
}

std::size_t character_length(char lead) {
    const auto byte = static_cast<unsigned char>(lead);
    if (byte < 0x80) return 1;
    return byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

}  // namespace

std::expected<std::string, std::string> parse_uuid(std::string_view text) {
    std::string_view digits = text;
    std::size_t offset = 0;
    bool plain = true;
    if (digits.starts_with('{') && digits.ends_with('}') && digits.size() > 1) {
        digits = digits.substr(1, digits.size() - 2);
        offset = 1;
        plain = false;
    } else if (digits.starts_with("urn:uuid:")) {
        offset = 9;
        digits.remove_prefix(offset);
        plain = false;
    }
    if (auto found = canonical(digits, true)) return *found;
    if (auto found = canonical(digits, false); found && plain) return *found;

    std::size_t hyphens = 0;
    std::array<std::size_t, 4> bounds{};
    for (std::size_t i = 0; i < digits.size(); i += character_length(digits[i])) {
        if (digits[i] == '-') {
            if (hyphens < bounds.size()) bounds[hyphens] = i;
            ++hyphens;
        } else if (!is_hex(digits[i])) {
            return std::unexpected("invalid character: found `" +
                                   std::string(digits.substr(i, character_length(digits[i]))) + "` at " +
                                   std::to_string(i + offset));
        }
    }
    if (hyphens == 0 && plain) {
        return std::unexpected("invalid length: expected length 32 for simple format, found " +
                               std::to_string(text.size()));
    }
    if (hyphens != 4) {
        return std::unexpected("invalid group count: expected 5, found " + std::to_string(hyphens + 1));
    }
    for (std::size_t i = 0; i < 4; ++i) {
        if (bounds[i] == kStarts[i + 1] - 1) continue;
        return std::unexpected("invalid group length in group " + std::to_string(i) + ": expected " +
                               std::to_string(kLengths[i]) + ", found " + std::to_string(bounds[i] - kStarts[i]));
    }
    return std::unexpected("invalid group length in group 4: expected 12, found " +
                           std::to_string(text.size() - kStarts[4]));
}

}  // namespace miroir::protocol
