#include "protocol/fields/place.h"

#include <algorithm>
#include <vector>

#include "json/write.h"

namespace miroir::protocol {

namespace {

std::string_view kind_text(Kind kind) {
    switch (kind) {
        case Kind::Null: return "null";
        case Kind::Boolean: return "a boolean";
        case Kind::Integer: return "a positive integer";
        case Kind::NegativeInteger: return "a negative integer";
        case Kind::Float: return "a number";
        case Kind::String: return "a string";
        case Kind::Sequence: return "an array";
        case Kind::Map: return "an object";
    }
    return "";
}

Kind kind_of(const json::Value& value) {
    if (value.is_null()) return Kind::Null;
    if (value.is_bool()) return Kind::Boolean;
    if (value.is_unsigned()) return Kind::Integer;
    if (value.is_negative()) return Kind::NegativeInteger;
    if (value.is_float()) return Kind::Float;
    if (value.is_string()) return Kind::String;
    return value.is_array() ? Kind::Sequence : Kind::Map;
}

// Kinds of numbers next to each other are told as one: both signs are "an integer", with floats "a number".
std::vector<std::string_view> told_kinds(std::vector<Kind> kinds) {
    std::ranges::sort(kinds);
    std::vector<std::string_view> told;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        const bool integer = kinds[i] == Kind::Integer || kinds[i] == Kind::NegativeInteger;
        std::size_t last = i;
        while (integer && last + 1 < kinds.size() && kinds[last + 1] <= Kind::Float) ++last;
        if (last == i) told.push_back(kind_text(kinds[i]));
        else told.push_back(kinds[last] == Kind::Float ? "a number" : "an integer");
        i = last;
    }
    return told;
}

std::string expected_kinds(std::initializer_list<Kind> kinds) {
    const auto told = told_kinds(kinds);
    std::string out;
    for (std::size_t i = 0; i < told.size(); ++i) {
        if (i > 0 && i + 1 == told.size()) out += told.size() > 2 ? ", or " : " or ";
        else if (i > 0) out += ", ";
        out += told[i];
    }
    return out;
}

std::string found_in_json(const json::Value& value) {
    const Kind kind = kind_of(value);
    if (kind == Kind::Null) return "null";
    return std::string(kind_text(kind)) + ": `" + json::to_text(value) + "`";
}

std::string found_in_query(const json::Value& value) {
    switch (kind_of(value)) {
        case Kind::String: return "a string: `" + value.string() + "`";
        case Kind::Sequence: return "multiple values";
        case Kind::Map: return "multiple parameters";
        default: return found_in_json(value);
    }
}

std::u32string code_points(std::string_view text) {
    std::u32string out;
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        char32_t point = length == 1 ? lead : lead & (0xFFU >> (length + 1));
        for (std::size_t k = 1; k < length && i + k < text.size(); ++k) {
            point = (point << 6U) | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
        }
        out.push_back(point);
        i += length;
    }
    return out;
}

// Insertions, deletions, substitutions and swaps, where letters may also be put between swapped ones.
std::size_t edit_distance(std::u32string_view a, std::u32string_view b) {
    const std::size_t far = a.size() + b.size();
    std::vector<std::vector<std::size_t>> cost(a.size() + 2, std::vector<std::size_t>(b.size() + 2, far));
    for (std::size_t i = 0; i <= a.size(); ++i) cost[i + 1][1] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) cost[1][j + 1] = j;
    std::vector<std::pair<char32_t, std::size_t>> last_row;
    const auto row_of = [&last_row](char32_t letter) -> std::size_t& {
        for (auto& [known, row] : last_row) {
            if (known == letter) return row;
        }
        return last_row.emplace_back(letter, 0).second;
    };
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t last_match = 0;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t row = row_of(b[j - 1]);
            const std::size_t substitution = cost[i][j] + (a[i - 1] == b[j - 1] ? 0 : 1);
            const std::size_t swap = cost[row][last_match] + (i - row - 1) + 1 + (j - last_match - 1);
            cost[i + 1][j + 1] = std::min({substitution, cost[i + 1][j] + 1, cost[i][j + 1] + 1, swap});
            if (a[i - 1] == b[j - 1]) last_match = j;
        }
        row_of(a[i - 1]) = i;
    }
    return cost[a.size() + 1][b.size() + 1];
}

std::size_t typos_allowed(std::size_t bytes) {
    if (bytes <= 3) return 0;
    if (bytes <= 7) return 1;
    if (bytes <= 12) return 2;
    if (bytes <= 17) return 3;
    return bytes <= 24 ? 4 : 5;
}

}  // namespace

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known) {
    constexpr std::size_t kLongestWord = 128;  // the distance is quadratic; no name of ours comes near
    const std::size_t allowed = typos_allowed(word.size());
    if (allowed == 0 || word.size() > kLongestWord) return {};
    const std::u32string letters = code_points(word);
    std::string_view nearest;
    std::size_t nearest_distance = allowed + 1;
    for (const std::string_view candidate : known) {
        const std::size_t distance = edit_distance(letters, code_points(candidate));
        if (distance < nearest_distance) {
            nearest_distance = distance;
            nearest = candidate;
        }
    }
    if (nearest_distance > allowed) return {};
    return "did you mean `" + std::string(nearest) + "`? ";
}

std::string quoted_list(std::span<const std::string_view> words) {
    std::string out;
    for (const std::string_view word : words) {
        if (!out.empty()) out += ", ";
        out.append("`").append(word).append("`");
    }
    return out;
}

Place Place::with_code(ErrorCode code) const {
    Place copy = *this;
    copy.code_ = code;
    return copy;
}

std::string Place::path() const {
    if (parent_ == nullptr) return {};
    std::string out = parent_->path();
    if (is_index_) return out + "[" + std::to_string(index_) + "]";
    if (format_ == Format::Json || !out.empty()) out += ".";
    return out.append(key_);
}

std::string Place::described(std::string_view article) const {
    const std::string where = path();
    if (where.empty()) return {};
    return std::string(article) + " `" + where + "`";
}

std::unexpected<Error> Place::wrong_kind(const json::Value& found, std::initializer_list<Kind> expected) const {
    if (format_ == Format::Query) {
        return fail(code_, "Invalid value type" + described(" for parameter") + ": expected a string, but found " +
                               found_in_query(found));
    }
    return fail(code_, "Invalid value type" + described(" at") + ": expected " + expected_kinds(expected) +
                           ", but found " + found_in_json(found));
}

std::unexpected<Error> Place::unexpected(std::string_view text) const {
    const std::string_view article = format_ == Format::Json ? " at" : " in parameter";
    return fail(code_, ("Invalid value" + described(article) + ": ").append(text));
}

std::unexpected<Error> Place::missing(std::string_view field) const {
    const std::string_view what = format_ == Format::Json ? "field" : "parameter";
    return fail(code_, "Missing " + std::string(what) + " `" + std::string(field) + "`" + described(" inside"));
}

std::unexpected<Error> Place::unknown(std::string_view what, std::string_view word, std::string_view article,
                                      std::span<const std::string_view> known) const {
    return fail(code_, "Unknown " + std::string(what) + " `" + std::string(word) + "`" + described(article) + ": " +
                           did_you_mean(word, known) + "expected one of " + quoted_list(known));
}

std::unexpected<Error> Place::unknown_key(std::string_view key, std::span<const std::string_view> known) const {
    return unknown(format_ == Format::Json ? "field" : "parameter", key, " inside", known);
}

std::unexpected<Error> Place::unknown_value(std::string_view value, std::span<const std::string_view> known) const {
    return unknown("value", value, format_ == Format::Json ? " at" : " for parameter", known);
}

}  // namespace miroir::protocol
