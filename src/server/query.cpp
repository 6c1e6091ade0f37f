#include "server/query.h"

#include <algorithm>
#include <ranges>

namespace miroir::server {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

// How many bytes of `text` at `at` are one sound UTF-8 sequence: 0 when they are none, and then `bad` bytes are the
// longest beginning of one (at least one), which become one U+FFFD.
std::size_t sequence_at(std::string_view text, std::size_t at, std::size_t& bad) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(at);
    bad = 1;
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if (at + i >= text.size()) return 0;
        const unsigned char next = byte(at + i);
        unsigned char low = 0x80;
        unsigned char high = 0xBF;
        if (i == 1 && first == 0xE0) low = 0xA0;
        if (i == 1 && first == 0xED) high = 0x9F;
        if (i == 1 && first == 0xF0) low = 0x90;
        if (i == 1 && first == 0xF4) high = 0x8F;
        if (next < low || next > high) return 0;
        bad = i + 1;
    }
    return length;
}

std::string decode_field(std::string_view text) {
    std::string plain(text);
    std::ranges::replace(plain, '+', ' ');
    return repair_utf8(percent_decode(plain));
}

}  // namespace

std::string percent_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()) {
            const int high = hex_digit(text[i + 1]);
            const int low = hex_digit(text[i + 2]);
            if (high >= 0 && low >= 0) {
                out.push_back(static_cast<char>(high * 16 + low));
                i += 2;
                continue;
            }
        }
        out.push_back(text[i]);
    }
    return out;
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (unreserved(c)) {
            out.push_back(c);
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out.push_back('%');
        out.push_back(kDigits[byte >> 4]);
        out.push_back(kDigits[byte & 15]);
    }
    return out;
}

std::string repair_utf8(std::string text) {
    std::size_t at = 0;
    std::size_t bad = 0;
    while (at < text.size()) {
        const std::size_t length = sequence_at(text, at, bad);
        if (length == 0) break;
        at += length;
    }
    if (at == text.size()) return text;
    std::string out = text.substr(0, at);
    while (at < text.size()) {
        const std::size_t length = sequence_at(text, at, bad);
        out.append(length > 0 ? std::string_view(text).substr(at, length) : std::string_view("\xEF\xBF\xBD"));
        at += length > 0 ? length : bad;
    }
    return out;
}

Query::Query(std::string_view raw) {
    while (!raw.empty()) {
        const std::size_t end = std::min(raw.find('&'), raw.size());
        const std::string_view field = raw.substr(0, end);
        raw.remove_prefix(std::min(end + 1, raw.size()));
        if (field.empty()) continue;
        const std::size_t equals = std::min(field.find('='), field.size());
        const std::string_view value = field.substr(std::min(equals + 1, field.size()));
        fields_.emplace_back(decode_field(field.substr(0, equals)), decode_field(value));
    }
}

std::optional<std::string_view> Query::get(std::string_view name) const {
    for (const Field& field : fields_ | std::views::reverse) {
        if (field.first == name) return field.second;
    }
    return std::nullopt;
}

}  // namespace miroir::server
