// What may follow the bar in an expression.
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <unicode/locid.h>
#include <unicode/unistr.h>

#include "protocol/liquid/template.h"

namespace miroir::protocol::liquid {
namespace {

using Found = std::expected<json::Value, std::string>;
using Arguments = std::vector<json::Value>;

struct Use {
    json::Value value;
    const Arguments& arguments;

    bool has(std::size_t at) const { return at < arguments.size(); }
    std::string text(std::size_t at) const { return has(at) ? shown(arguments[at]) : std::string(); }
    std::string text() const { return shown(value); }
};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f'; }

std::string stripped(std::string text, bool left, bool right) {
    std::size_t begin = 0, end = text.size();
    while (left && begin < end && is_space(text[begin])) ++begin;
    while (right && end > begin && is_space(text[end - 1])) --end;
    return text.substr(begin, end - begin);
}

std::string replaced(const std::string& text, const std::string& what, const std::string& with, bool all) {
    if (what.empty()) return text;
    std::string out;
    std::size_t from = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, from)) {
        out.append(text, from, at - from).append(with);
        from = at + what.size();
        if (!all) break;
    }
    return out.append(text, from);
}

enum class Case : std::uint8_t { Upper, Lower };

std::string cased(const std::string& text, Case wanted) {
    icu::UnicodeString letters = icu::UnicodeString::fromUTF8(text);
    if (wanted == Case::Upper) letters.toUpper(icu::Locale::getRoot());
    else letters.toLower(icu::Locale::getRoot());
    std::string out;
    return letters.toUTF8String(out);
}

std::string escaped(const std::string& text, bool once) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::string_view rest = std::string_view(text).substr(i);
        const bool entity =
            once && rest.starts_with('&') &&
            std::ranges::any_of(std::array<std::string_view, 5>{"&amp;", "&lt;", "&gt;", "&#39;", "&quot;"},
                                [&](std::string_view known) { return rest.starts_with(known); });
        switch (text[i]) {
            case '&': out += entity ? "&" : "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '\'': out += "&#39;"; break;
            case '"': out += "&quot;"; break;
            default: out += text[i];
        }
    }
    return out;
}

std::string without_tags(const std::string& text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t open = text.find('<', at);
        out.append(text, at, open - at);
        if (open == std::string::npos) break;
        const std::size_t close = text.find('>', open);
        if (close == std::string::npos) return out.append(text, open);
        at = close + 1;
    }
    return out;
}

bool continues_letter(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }
std::size_t letters(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !continues_letter(c); }));
}
// The first `count` letters.
std::string_view beginning(std::string_view text, std::size_t count) {
    std::size_t at = 0;
    while (at < text.size()) {
        if (!continues_letter(text[at]) && count-- == 0) break;
        ++at;
    }
    return text.substr(0, at);
}

std::string capitalized(const std::string& text) {
    const std::string first(beginning(text, 1));
    return cased(first, Case::Upper) + text.substr(first.size());
}

std::optional<std::int64_t> whole(const json::Value& value) {
    if (value.is_unsigned()) return static_cast<std::int64_t>(value.unsigned_integer());
    if (value.is_negative()) return value.negative_integer();
    return std::nullopt;
}

Found truncated(const Use& use) {
    const std::string text = use.text();
    const std::int64_t length = use.has(0) ? whole(use.arguments[0]).value_or(50) : 50;
    const std::string mark = use.has(1) ? use.text(1) : "...";
    const auto room = static_cast<std::size_t>(std::max<std::int64_t>(length, 0));
    if (letters(text) <= room) return text;
    const std::size_t kept = room > letters(mark) ? room - letters(mark) : 0;
    return std::string(beginning(text, kept)) + mark;
}

Found truncated_words(const Use& use) {
    const std::string text = use.text();
    const std::int64_t count = use.has(0) ? whole(use.arguments[0]).value_or(50) : 50;
    std::vector<std::string> words;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find_first_of(" \t\n\r", at), text.size());
        if (end > at) words.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    if (static_cast<std::int64_t>(words.size()) <= count) return text;
    std::string out;
    for (std::int64_t i = 0; i < count; ++i) out += (i == 0 ? "" : " ") + words[static_cast<std::size_t>(i)];
    return out + (use.has(1) ? use.text(1) : "...");
}

Found split(const Use& use) {
    const std::string text = use.text(), by = use.text(0);
    json::Array out;
    if (text.empty()) return out;
    if (by.empty()) {
        for (std::size_t at = 0; at < text.size();) {
            const std::string_view letter = beginning(std::string_view(text).substr(at), 1);
            out.emplace_back(letter);
            at += letter.size();
        }
        return out;
    }
    for (std::size_t at = 0;;) {
        const std::size_t end = text.find(by, at);
        out.emplace_back(text.substr(at, end - at));
        if (end == std::string::npos) return out;
        at = end + by.size();
    }
}

// A list as it is, anything else as a list of one.
json::Array list_of(const json::Value& value) { return value.is_array() ? value.array() : json::Array{value}; }

Found joined(const Use& use) {
    const std::string by = use.has(0) ? use.text(0) : " ";
    if (!use.value.is_array()) return Wrong("Invalid input\n  with:\n    cause=Array of scalars expected");
    std::string out;
    bool first = true;
    for (const json::Value& item : use.value.array()) {
        if (!std::exchange(first, false)) out += by;
        out += shown(item);
    }
    return out;
}

Found sliced(const Use& use) {
    const std::int64_t wanted = use.has(0) ? whole(use.arguments[0]).value_or(0) : 0;
    const std::int64_t count = use.has(1) ? whole(use.arguments[1]).value_or(1) : 1;
    if (count < 1) return Wrong("Invalid argument\n  with:\n    argument=length\n    cause=Positive number expected");
    const std::string text = use.value.is_array() ? std::string() : use.text();
    const auto size = static_cast<std::int64_t>(use.value.is_array() ? use.value.array().size() : letters(text));
    const std::int64_t from = std::clamp<std::int64_t>(wanted < 0 ? size + wanted : wanted, 0, size);
    const std::int64_t end = std::min(size, from + count);
    if (use.value.is_array()) return json::Array(use.value.array().begin() + from, use.value.array().begin() + end);
    const std::string_view before = beginning(text, static_cast<std::size_t>(from));
    return std::string(beginning(std::string_view(text).substr(before.size()), static_cast<std::size_t>(end - from)));
}

json::Value member(const json::Value& item, const std::string& name) {
    const json::Value* found = item.find(name);
    return found != nullptr ? *found : json::Value();
}

Found sorted(const Use& use, bool natural) {
    const json::Array items = list_of(use.value);
    std::vector<std::pair<json::Value, std::size_t>> keys;
    for (const json::Value& item : items) {
        json::Value key = use.has(0) ? member(item, use.text(0)) : item;
        if (natural && !key.is_null()) key = cased(shown(key), Case::Lower);
        keys.emplace_back(std::move(key), keys.size());
    }
    std::ranges::sort(keys, [](const auto& a, const auto& b) {  // what is missing comes last
        if (a.first.is_null() != b.first.is_null()) return b.first.is_null();
        const int order = compared(a.first, b.first).value_or(0);
        return order != 0 ? order < 0 : a.second < b.second;
    });
    json::Array out;
    for (const auto& [key, at] : keys) out.push_back(items[at]);
    return out;
}

Found unique(const Use& use) {
    json::Array out;
    for (const json::Value& item : list_of(use.value)) {
        if (std::ranges::none_of(out, [&](const json::Value& kept) { return equal(kept, item); })) out.push_back(item);
    }
    return out;
}

Found picked(const Use& use, std::string_view name) {
    json::Array out;
    for (const json::Value& item : list_of(use.value)) {
        if (name == "compact") {
            const json::Value looked = use.has(0) ? member(item, use.text(0)) : item;
            if (!looked.is_null()) out.push_back(item);
        } else if (name == "map") {
            if (json::Value found = member(item, use.text(0)); !found.is_null()) out.push_back(std::move(found));
        } else {
            const json::Value found = member(item, use.text(0));
            const bool truthy = !found.is_null() && !(found.is_bool() && !found.boolean());
            if (use.has(1) ? equal(found, use.arguments[1]) : truthy) out.push_back(item);
        }
    }
    return out;
}

std::optional<double> real(const json::Value& value) {
    if (value.is_number()) return value.number();
    if (!value.is_string()) return std::nullopt;
    char* end = nullptr;
    const double found = std::strtod(value.string().c_str(), &end);
    return end != value.string().c_str() && *end == '\0' ? std::optional(found) : std::nullopt;
}

Found reckoned(const Use& use, std::string_view name) {
    const auto number = [](const json::Value& value) -> json::Value {
        if (!value.is_string()) return value;
        const auto found = real(value);
        if (!found) return nullptr;
        const bool fraction = value.string().find('.') != std::string::npos;
        return fraction ? json::Value(*found) : json::Value(static_cast<std::int64_t>(*found));
    };
    const json::Value left = number(use.value), right = use.has(0) ? number(use.arguments[0]) : json::Value();
    if (!left.is_number() || !right.is_number()) return Wrong("Invalid input\n  with:\n    cause=Number expected");
    const auto a = whole(left), b = whole(right);
    if (name == "at_least") return left.number() < right.number() ? right : left;
    if (name == "at_most") return left.number() > right.number() ? right : left;
    const bool divides = name == "divided_by" || name == "modulo";
    if (divides && right.number() == 0) return Wrong("Can't divide by zero");
    if (a && b) {
        if (*a == INT64_MIN && *b == -1) return Wrong("Number out of range");
        std::int64_t out = 0;
        bool over = false;
        if (name == "plus") over = __builtin_add_overflow(*a, *b, &out);
        if (name == "minus") over = __builtin_sub_overflow(*a, *b, &out);
        if (name == "times") over = __builtin_mul_overflow(*a, *b, &out);
        if (name == "divided_by") out = *a / *b;
        if (name == "modulo") out = *a % *b;
        if (over) return Wrong("Number out of range");
        return out;
    }
    if (name == "plus") return left.number() + right.number();
    if (name == "minus") return left.number() - right.number();
    if (name == "times") return left.number() * right.number();
    if (name == "divided_by") return left.number() / right.number();
    return std::fmod(left.number(), right.number());
}

Found rounded(const Use& use, std::string_view name) {
    const auto value = real(use.value);
    if (!value) return Wrong("Invalid input\n  with:\n    cause=Number expected");
    if (name == "abs") {
        if (const auto exact = whole(use.value)) return *exact < 0 ? -*exact : *exact;
        return std::abs(*value);
    }
    const std::int64_t digits = name == "round" && use.has(0) ? whole(use.arguments[0]).value_or(0) : 0;
    if (digits > 0) {
        const double power = std::pow(10.0, static_cast<double>(std::min<std::int64_t>(digits, 300)));
        return std::round(*value * power) / power;
    }
    const double out = name == "ceil" ? std::ceil(*value) : name == "floor" ? std::floor(*value) : std::round(*value);
    if (std::abs(out) > 9e18) return Wrong("Number out of range");
    return static_cast<std::int64_t>(out);
}

Found fallen_back(const Use& use) {
    const bool none = use.value.is_null() || (use.value.is_bool() && !use.value.boolean()) ||
                      (use.value.is_string() && use.value.string().empty()) ||
                      (use.value.is_array() && use.value.array().empty()) ||
                      (use.value.is_object() && use.value.object().empty());
    return none && use.has(0) ? use.arguments[0] : use.value;
}

Found end_of(const Use& use, bool first) {
    if (use.value.is_array()) {
        const json::Array& items = use.value.array();
        return items.empty() ? json::Value() : first ? items.front() : items.back();
    }
    const std::string text = use.text();
    if (first) return std::string(beginning(text, 1));
    const std::size_t count = letters(text);
    return text.substr(beginning(text, count == 0 ? 0 : count - 1).size());
}

Found measured(const Use& use) {
    if (use.value.is_array()) return use.value.array().size();
    if (use.value.is_object()) return use.value.object().size();
    return use.value.is_null() ? 0 : use.text().size();
}

Found reversed(const Use& use) {
    json::Array out = list_of(use.value);
    std::ranges::reverse(out);
    return out;
}

Found put_together(const Use& use) {
    json::Array out = list_of(use.value);
    if (!use.has(0) || !use.arguments[0].is_array())
        return Wrong("Invalid argument\n  with:\n    cause=Array expected");
    std::ranges::copy(use.arguments[0].array(), std::back_inserter(out));
    return out;
}

using Apply = Found (*)(const Use& use, std::string_view name);
struct Row {
    std::string_view name;
    Apply apply;
};

constexpr Row kRows[] = {
    {"abs", rounded},
    {"append", [](const Use& u, std::string_view) -> Found { return u.text() + u.text(0); }},
    {"at_least", reckoned},
    {"at_most", reckoned},
    {"capitalize", [](const Use& u, std::string_view) -> Found { return capitalized(u.text()); }},
    {"ceil", rounded},
    {"compact", picked},
    {"concat", [](const Use& u, std::string_view) { return put_together(u); }},
    {"default", [](const Use& u, std::string_view) { return fallen_back(u); }},
    {"divided_by", reckoned},
    {"downcase", [](const Use& u, std::string_view) -> Found { return cased(u.text(), Case::Lower); }},
    {"escape", [](const Use& u, std::string_view) -> Found { return escaped(u.text(), false); }},
    {"escape_once", [](const Use& u, std::string_view) -> Found { return escaped(u.text(), true); }},
    {"first", [](const Use& u, std::string_view) { return end_of(u, true); }},
    {"floor", rounded},
    {"join", [](const Use& u, std::string_view) { return joined(u); }},
    {"last", [](const Use& u, std::string_view) { return end_of(u, false); }},
    {"lstrip", [](const Use& u, std::string_view) -> Found { return stripped(u.text(), true, false); }},
    {"map", picked},
    {"minus", reckoned},
    {"modulo", reckoned},
    {"newline_to_br",
     [](const Use& u, std::string_view) -> Found { return replaced(u.text(), "\n", "<br />\n", true); }},
    {"plus", reckoned},
    {"prepend", [](const Use& u, std::string_view) -> Found { return u.text(0) + u.text(); }},
    {"remove", [](const Use& u, std::string_view) -> Found { return replaced(u.text(), u.text(0), "", true); }},
    {"remove_first", [](const Use& u, std::string_view) -> Found { return replaced(u.text(), u.text(0), "", false); }},
    {"replace", [](const Use& u, std::string_view) -> Found { return replaced(u.text(), u.text(0), u.text(1), true); }},
    {"replace_first",
     [](const Use& u, std::string_view) -> Found { return replaced(u.text(), u.text(0), u.text(1), false); }},
    {"reverse", [](const Use& u, std::string_view) { return reversed(u); }},
    {"round", rounded},
    {"rstrip", [](const Use& u, std::string_view) -> Found { return stripped(u.text(), false, true); }},
    {"size", [](const Use& u, std::string_view) { return measured(u); }},
    {"slice", [](const Use& u, std::string_view) { return sliced(u); }},
    {"sort", [](const Use& u, std::string_view) { return sorted(u, false); }},
    {"sort_natural", [](const Use& u, std::string_view) { return sorted(u, true); }},
    {"split", [](const Use& u, std::string_view) { return split(u); }},
    {"strip", [](const Use& u, std::string_view) -> Found { return stripped(u.text(), true, true); }},
    {"strip_html", [](const Use& u, std::string_view) -> Found { return without_tags(u.text()); }},
    {"strip_newlines",
     [](const Use& u, std::string_view) -> Found {
         return replaced(replaced(u.text(), "\n", "", true), "\r", "", true);
     }},
    {"times", reckoned},
    {"truncate", [](const Use& u, std::string_view) { return truncated(u); }},
    {"truncatewords", [](const Use& u, std::string_view) { return truncated_words(u); }},
    {"uniq", [](const Use& u, std::string_view) { return unique(u); }},
    {"upcase", [](const Use& u, std::string_view) -> Found { return cased(u.text(), Case::Upper); }},
    {"where", picked},
};

const Row* row_of(std::string_view name) {
    const auto* found = std::ranges::find(kRows, name, &Row::name);
    return found == std::end(kRows) ? nullptr : found;
}

}  // namespace

bool knows_filter(std::string_view name) { return row_of(name) != nullptr; }

std::expected<json::Value, std::string> apply_filter(std::string_view name, json::Value value,
                                                     const std::vector<json::Value>& arguments) {
    const Row* row = row_of(name);
    if (row == nullptr) return Wrong("Unknown filter\n  with:\n    requested filter=" + std::string(name));
    return row->apply(Use{.value = std::move(value), .arguments = arguments}, name);
}

}  // namespace miroir::protocol::liquid
