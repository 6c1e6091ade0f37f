#include "protocol/fields/read.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace miroir::protocol {

namespace {

// Digits, with a plus before them if you like; nothing else, and no overflow.
std::optional<std::uint64_t> parse_unsigned(std::string_view text, std::uint64_t max) {
    if (text.starts_with('+')) text.remove_prefix(1);
    std::uint64_t number = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || fault != std::errc() || end != text.data() + text.size() || number > max) return std::nullopt;
    return number;
}

Result<std::uint64_t> read_unsigned(const json::Value& value, const Place& place, std::uint64_t max) {
    if (place.format() == Format::Query) {
        if (!value.is_string()) return place.wrong_kind(value, {Kind::String});
        if (const auto number = parse_unsigned(value.string(), max)) return *number;
        return place.unexpected("could not parse `" + value.string() + "` as a positive integer");
    }
    if (!value.is_unsigned()) return place.wrong_kind(value, {Kind::Integer});
    if (value.unsigned_integer() > max) {
        return place.unexpected("value: `" + std::to_string(value.unsigned_integer()) +
                                "` is too large to be deserialized, maximum value authorized is `" +
                                std::to_string(max) + "`");
    }
    return value.unsigned_integer();
}

template <class T>
Result<void> read_small(const json::Value& value, const Place& place, T& out) {
    MIROIR_TRY(const std::uint64_t number, read_unsigned(value, place, std::numeric_limits<T>::max()));
    out = static_cast<T>(number);
    return {};
}

// A float parameter: what is no number is told as Rust's float parser tells it.
Result<double> read_float_parameter(const json::Value& value, const Place& place) {
    if (!value.is_string()) return place.wrong_kind(value, {Kind::String});
    const std::string& text = value.string();
    if (text.empty()) return place.unexpected("cannot parse float from empty string");
    if (const auto number = parse_float(text)) return *number;
    return place.unexpected("invalid float literal");
}

void append_decoded(std::string& out, std::string_view text) {
    const auto digit = [](char c) -> int {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
            out.push_back(static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])));
            i += 2;
        } else {
            out.push_back(text[i] == '+' ? ' ' : text[i]);
        }
    }
}

// The length of the well-formed character at the front, or 0 with the length of the broken piece in `broken`.
std::size_t utf8_length(std::string_view text, std::size_t& broken) {
    const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    broken = 1;
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                               : lead >= 0xE0 && lead <= 0xEF ? 3
                               : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                              : 0;
    for (std::size_t i = 1; i < length; ++i) {
        unsigned char low = 0x80;
        unsigned char high = 0xBF;
        if (i == 1 && lead == 0xE0) low = 0xA0;
        if (i == 1 && lead == 0xED) high = 0x9F;
        if (i == 1 && lead == 0xF0) low = 0x90;
        if (i == 1 && lead == 0xF4) high = 0x8F;
        if (i >= text.size() || byte(i) < low || byte(i) > high) {
            broken = i;
            return 0;
        }
    }
    return length;
}

std::string decoded_parameter(std::string_view text) {
    std::string bytes;
    append_decoded(bytes, text);
    std::string out;
    for (std::string_view rest = bytes; !rest.empty();) {
        std::size_t broken = 0;
        const std::size_t length = utf8_length(rest, broken);
        out.append(length > 0 ? rest.substr(0, length) : "\xEF\xBF\xBD");
        rest.remove_prefix(length > 0 ? length : broken);
    }
    return out;
}

}  // namespace

std::optional<double> parse_float(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    if (text.empty() || text.front() == '-' || text.front() == '+') return std::nullopt;
    const auto is_word = [text](std::string_view word) {
        return text.size() == word.size() &&
               std::equal(text.begin(), text.end(), word.begin(), [](char a, char b) { return (a | 0x20) == b; });
    };
    double number = 0;
    if (is_word("inf") || is_word("infinity")) {
        number = std::numeric_limits<double>::infinity();
    } else if (is_word("nan")) {
        number = std::numeric_limits<double>::quiet_NaN();
    } else {
        if ((text.front() < '0' || text.front() > '9') && text.front() != '.') return std::nullopt;
        const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (end != text.data() + text.size()) return std::nullopt;
        // Out of range: nothing was stored; the exponent's sign says on which side.
        if (fault == std::errc::result_out_of_range) {
            const std::size_t exponent = text.find_first_of("eE");
            const bool tiny = exponent == std::string_view::npos ? text.front() == '0' || text.front() == '.'
                                                                 : text.substr(exponent + 1).starts_with('-');
            number = tiny ? 0.0 : std::numeric_limits<double>::infinity();
        } else if (fault != std::errc()) {
            return std::nullopt;
        }
    }
    return negative ? -number : number;
}

Result<void> read(const json::Value& value, const Place& place, bool& out) {
    if (place.format() == Format::Query) {
        if (!value.is_string()) return place.wrong_kind(value, {Kind::String});
        if (value.string() != "true" && value.string() != "false") {
            return place.unexpected("could not parse `" + value.string() +
                                    "` as a boolean, expected either `true` or `false`");
        }
        out = value.string() == "true";
        return {};
    }
    if (!value.is_bool()) return place.wrong_kind(value, {Kind::Boolean});
    out = value.boolean();
    return {};
}

Result<void> read(const json::Value& value, const Place& place, std::uint64_t& out) {
    return read_small(value, place, out);
}
Result<void> read(const json::Value& value, const Place& place, std::uint32_t& out) {
    return read_small(value, place, out);
}
Result<void> read(const json::Value& value, const Place& place, std::uint8_t& out) {
    return read_small(value, place, out);
}

Result<void> read(const json::Value& value, const Place& place, double& out) {
    if (place.format() == Format::Query) {
        MIROIR_TRY(out, read_float_parameter(value, place));
        return {};
    }
    if (!value.is_number()) return place.wrong_kind(value, {Kind::Float, Kind::Integer, Kind::NegativeInteger});
    out = value.number();
    return {};
}

Result<void> read(const json::Value& value, const Place& place, float& out) {
    double number = 0;
    MIROIR_CHECK(read(value, place, number));
    out = static_cast<float>(number);
    return {};
}

Result<void> read(const json::Value& value, const Place& place, std::string& out) {
    if (!value.is_string()) return place.wrong_kind(value, {Kind::String});
    out = value.string();
    return {};
}

Result<void> read(const json::Value& value, const Place& /*place*/, json::Value& out) {
    out = value;
    return {};
}

Result<json::Array> read_list(const json::Value& value, const Place& place) {
    if (place.format() == Format::Json) {
        if (!value.is_array()) return place.wrong_kind(value, {Kind::Sequence});
        return value.array();
    }
    if (!value.is_string()) return place.wrong_kind(value, {Kind::String});
    json::Array items;
    for (std::string_view rest = value.string(); !rest.empty();) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        if (comma > 0) items.emplace_back(rest.substr(0, comma));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return items;
}

Result<std::size_t> read_word(const json::Value& value, const Place& place, std::span<const std::string_view> words) {
    if (!value.is_string()) return place.wrong_kind(value, {Kind::String});
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == value.string()) return i;
    }
    return place.unknown_value(value.string(), words);
}

json::Object query_parameters(std::string_view raw_query) {
    json::Object out;
    while (!raw_query.empty()) {
        const std::size_t end = std::min(raw_query.find('&'), raw_query.size());
        const std::string_view pair = raw_query.substr(0, end);
        raw_query.remove_prefix(std::min(end + 1, raw_query.size()));
        if (pair.empty()) continue;
        const std::size_t equals = std::min(pair.find('='), pair.size());
        const std::string_view text = equals < pair.size() ? pair.substr(equals + 1) : std::string_view{};
        out.set(decoded_parameter(pair.substr(0, equals)), json::Value(decoded_parameter(text)));
    }
    return out;
}

}  // namespace miroir::protocol
