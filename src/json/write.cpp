#include "json/write.h"

#include <array>
#include <charconv>
#include <cmath>

namespace miroir::json {
namespace {

// Shortest digits and the decimal exponent of a finite, non-zero magnitude: 1234.5 -> {"12345", 4}.
struct Decimal {
    std::string digits;
    int point = 0;  // position of the decimal point relative to the first digit
};

Decimal shortest(double magnitude) {
    std::array<char, 40> text{};
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), magnitude, std::chars_format::scientific).ptr;
    const std::string_view all(text.data(), static_cast<std::size_t>(end - text.data()));
    const std::size_t e = all.find('e');
    Decimal out;
    for (char c : all.substr(0, e)) {
        if (c != '.') out.digits += c;
    }
    int exponent = 0;
    std::string_view power = all.substr(e + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    std::from_chars(power.data(), power.data() + power.size(), exponent);
    out.point = exponent + 1;
    return out;
}

}  // namespace

void append_double(std::string& out, double number) {
    if (!std::isfinite(number)) {
        out += "null";
        return;
    }
    if (std::signbit(number)) out += '-';
    if (number == 0) {
        out += "0.0";
        return;
    }
    const auto [digits, point] = shortest(std::fabs(number));
    const int length = static_cast<int>(digits.size());
    if (length <= point && point <= 16) {
        out.append(digits).append(static_cast<std::size_t>(point - length), '0').append(".0");
    } else if (0 < point && point <= 16) {
        out.append(digits, 0, static_cast<std::size_t>(point))
            .append(".")
            .append(digits, static_cast<std::size_t>(point));
    } else if (-5 < point && point <= 0) {
        out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
    } else {
        out += digits[0];
        if (length > 1) out.append(".").append(digits, 1);
        out.append(point > 0 ? "e+" : "e").append(std::to_string(point - 1));
    }
}

void append_string(std::string& out, std::string_view text) {
    static constexpr char kHex[] = "0123456789abcdef";
    out += '"';
    std::size_t clean = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        out.append(text, clean, i - clean);
        clean = i + 1;
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            case '\b': out += "\\b"; break;
            case '\f': out += "\\f"; break;
            default: out.append("\\u00").append(1, kHex[c >> 4]).append(1, kHex[c & 15]);
        }
    }
    out.append(text, clean).append("\"");
}

void append_text(std::string& out, const Value& value) {
    if (value.is_null()) {
        out += "null";
    } else if (value.is_bool()) {
        out += value.boolean() ? "true" : "false";
    } else if (value.is_unsigned()) {
        out += std::to_string(value.unsigned_integer());
    } else if (value.is_negative()) {
        out += std::to_string(value.negative_integer());
    } else if (value.is_float()) {
        append_double(out, value.number());
    } else if (value.is_string()) {
        append_string(out, value.string());
    } else if (value.is_array()) {
        out += '[';
        bool first = true;
        for (const Value& item : value.array()) {
            if (!std::exchange(first, false)) out += ',';
            append_text(out, item);
        }
        out += ']';
    } else {
        append_text(out, value.object());
    }
}

void append_text(std::string& out, const Object& object) {
    out += '{';
    bool first = true;
    for (const auto& [key, member] : object) {
        if (!std::exchange(first, false)) out += ',';
        append_string(out, key);
        out += ':';
        append_text(out, member);
    }
    out += '}';
}

std::string to_text(const Value& value) {
    std::string out;
    append_text(out, value);
    return out;
}

}  // namespace miroir::json
