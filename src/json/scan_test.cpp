#include "json/scan.h"

#include <gtest/gtest.h>

#include <random>

#include "json/parse.h"
#include "json/write.h"

namespace miroir::json {
namespace {

using Chance = std::mt19937;

std::size_t below(Chance& chance, std::size_t limit) { return chance() % limit; }

std::string random_text(Chance& chance) {
    static constexpr std::string_view kPieces[] = {"a",
                                                   "id",
                                                   "_geo",
                                                   "a longer run of letters than a block",
                                                   "\u00e9",
                                                   "\u65e5",
                                                   "\U0001F600",
                                                   "\\n",
                                                   "\\\"",
                                                   "\\\\",
                                                   "\\/",
                                                   "\\u0041",
                                                   "\\ud83d\\ude00",
                                                   " ",
                                                   "{",
                                                   "]",
                                                   "\x7f",
                                                   ":",
                                                   "0123456789"};
    std::string out = "\"";
    for (std::size_t i = below(chance, 6); i > 0; --i) out += kPieces[below(chance, std::size(kPieces))];
    return out + "\"";
}

std::string random_blank(Chance& chance) {
    static constexpr std::string_view kBlanks[] = {"", "", "", " ", "\n", "\t \r\n"};
    return std::string(kBlanks[below(chance, std::size(kBlanks))]);
}

std::string random_object(Chance& chance, int depth);

std::string random_value(Chance& chance, int depth) {
    static constexpr std::string_view kScalars[] = {
        "true", "false", "null",   "0",    "-0", "7",  "-12",       "18446744073709551616", "1.5", "-0.25",
        "1e5",  "2E-3",  "1.0e+9", "1e99", "[]", "{}", "[1,[2,{}]]"};
    const std::size_t kind = below(chance, depth > 0 ? 10 : 7);
    if (kind < 4) return random_text(chance);
    if (kind < 7) return std::string(kScalars[below(chance, std::size(kScalars))]);
    if (kind < 8) return random_object(chance, depth - 1);
    std::string out = "[";
    for (std::size_t i = below(chance, 4); i > 0; --i) {
        out += random_blank(chance) + random_value(chance, depth - 1) + random_blank(chance) + (i > 1 ? "," : "");
    }
    return out + "]";
}

std::string random_object(Chance& chance, int depth) {
    std::string out = "{" + random_blank(chance);
    for (std::size_t i = below(chance, 5); i > 0; --i) {
        out += random_text(chance) + random_blank(chance) + ":" + random_blank(chance) + random_value(chance, depth) +
               random_blank(chance) + (i > 1 ? "," + random_blank(chance) : "");
    }
    return out + "}";
}

std::string spoilt(std::string text, Chance& chance) {
    static constexpr std::string_view kBytes = "{}[]\",:\\ tfn0129.eE+-u/\n\x01\x7f";
    for (std::size_t i = 1 + below(chance, 3); i > 0; --i) {
        const std::size_t at = 1 + below(chance, text.size());
        switch (below(chance, 4)) {
            case 0: text.resize(at); break;
            case 1: text.insert(at, 1, kBytes[below(chance, kBytes.size())]); break;
            case 2:
                if (at < text.size()) text[at] = kBytes[below(chance, kBytes.size())];
                break;
            default:
                if (at < text.size()) text.erase(at, 1);
        }
    }
    return text;
}

// The members as a tree: a repeated name keeps its first place and its last value.
std::string told(const std::vector<MemberText>& members) {
    Object out;
    for (const MemberText& member : members) {
        const auto name = parse("\"" + std::string(member.name) + "\"");
        const auto value = parse(member.value);
        if (!name || !value) return "not JSON";
        if (member.escaped != (name->string() != member.name)) return "escapes not told";
        out.set(name->string(), *value);
    }
    return to_text(out);
}

// What the scanner takes, the parser takes, with the same members and the same rest.
void expect_same(const std::string& text, bool taken) {
    std::vector<MemberText> members;
    std::string_view scanned = text;
    std::string_view parsed = text;
    const bool took = is_sound_utf8(text) && scan_object(scanned, members);
    const auto tree = parse_front(parsed);
    if (taken) ASSERT_TRUE(took) << text;
    if (!took) return;
    ASSERT_TRUE(tree) << text;
    EXPECT_EQ(scanned, parsed) << text;
    EXPECT_EQ(told(members), to_text(*tree)) << text;
}

TEST(Scan, TakesWhatTheParserTakes) {
    Chance chance(7);
    for (int i = 0; i < 20'000; ++i) expect_same(random_object(chance, 4) + random_blank(chance), true);
}

TEST(Scan, TakesNothingThatTheParserRefuses) {
    Chance chance(8);
    for (int i = 0; i < 100'000; ++i) expect_same(spoilt(random_object(chance, 3), chance), false);
}

TEST(Scan, RefusesWhatOnlyATreeTells) {
    std::vector<MemberText> members;
    const auto takes = [&](std::string_view text) { return scan_object(text, members); };
    EXPECT_FALSE(takes(R"({"a":1e400})"));
    EXPECT_FALSE(takes("{\"a\":" + std::string(400, '9') + "}"));
    EXPECT_FALSE(takes(R"({"a":"\ud800"})"));
    EXPECT_FALSE(takes(R"({"a":"\udc00\ud800"})"));
    EXPECT_FALSE(takes(R"({"a":01})"));
    EXPECT_FALSE(takes("{\"a\":" + std::string(127, '[') + std::string(127, ']') + "}"));
    EXPECT_TRUE(takes("{\"a\":" + std::string(126, '[') + std::string(126, ']') + "}"));
}

}  // namespace
}  // namespace miroir::json
