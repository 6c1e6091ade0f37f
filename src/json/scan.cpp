#include "json/scan.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace miroir::json {
namespace {

constexpr int kDepthMax = 128;          // as parse.cpp
constexpr int kIntegerDigitsMax = 300;  // more may be out of range
constexpr int kExponentDigitsMax = 2;   // 300 digits and this exponent: still a double

using Block = unsigned char __attribute__((vector_size(16)));

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

// Each step moves `at_` forward and says false for whatever it does not know to be right.
class Scanner {
public:
    explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

    const char* at() const { return at_; }

    bool members(std::vector<MemberText>& out) {
        ++at_;  // '{'
        skip_blanks();
        if (at_ == end_) return false;
        if (*at_ == '}') return ++at_, true;
        for (;;) {
            bool more = false;
            if (!member(out) || !next('}', more)) return false;
            if (!more) return true;
        }
    }

    bool members_to_the_end(std::vector<MemberText>& out) {
        skip_blanks();
        if (at_ == end_) return true;
        for (;;) {
            if (!member(out)) return false;
            skip_blanks();
            if (at_ == end_) return true;
            if (!eat(',')) return false;
        }
    }

private:
    bool member(std::vector<MemberText>& out) {
        MemberText& member = out.emplace_back();
        const char* const name = at_ + 1;
        if (!quoted(member.escaped)) return false;
        member.name = {name, at_ - 1};
        if (!eat(':')) return false;
        const char* const start = at_;
        if (!value(1)) return false;
        member.value = {start, at_};
        return true;
    }

    void skip_blanks() {
        while (at_ != end_ && is_blank(*at_)) ++at_;
    }

    // The character, with white space on both sides; something must follow.
    bool eat(char expected) {
        skip_blanks();
        if (at_ == end_ || *at_ != expected) return false;
        ++at_;
        skip_blanks();
        return at_ != end_;
    }

    // Behind an element: a comma and something more, or the end.
    bool next(char close, bool& more) {
        skip_blanks();
        if (at_ == end_) return false;
        if (*at_ == close) return ++at_, true;
        return more = eat(',');
    }

    bool value(int depth) {
        switch (*at_) {
            case '"': {
                bool escaped = false;
                return quoted(escaped);
            }
            case '{': return object(depth + 1);
            case '[': return array(depth + 1);
            case 't': return word("true");
            case 'f': return word("false");
            case 'n': return word("null");
            default: return number();
        }
    }

    bool word(std::string_view expected) {
        if (static_cast<std::size_t>(end_ - at_) < expected.size()) return false;
        if (std::memcmp(at_, expected.data(), expected.size()) != 0) return false;
        at_ += expected.size();
        return true;
    }

    bool array(int depth) {
        if (depth >= kDepthMax) return false;
        ++at_;
        skip_blanks();
        if (at_ == end_) return false;
        if (*at_ == ']') return ++at_, true;
        for (;;) {
            if (!value(depth)) return false;
            bool more = false;
            if (!next(']', more)) return false;
            if (!more) return true;
        }
    }

    bool object(int depth) {
        if (depth >= kDepthMax) return false;
        ++at_;
        skip_blanks();
        if (at_ == end_) return false;
        if (*at_ == '}') return ++at_, true;
        for (;;) {
            bool escaped = false;
            if (!quoted(escaped) || !eat(':') || !value(depth)) return false;
            bool more = false;
            if (!next('}', more)) return false;
            if (!more) return true;
        }
    }

    int digits() {
        const char* const start = at_;
        while (at_ != end_ && is_digit(*at_)) ++at_;
        return static_cast<int>(std::min<std::ptrdiff_t>(at_ - start, kIntegerDigitsMax + 1));
    }

    bool number() {
        if (*at_ == '-') ++at_;
        if (at_ == end_) return false;
        const bool zero = *at_ == '0';
        const int whole = digits();
        if (whole == 0 || whole > kIntegerDigitsMax || (zero && whole > 1)) return false;
        if (at_ != end_ && *at_ == '.') {
            ++at_;
            if (digits() == 0) return false;
        }
        if (at_ == end_ || (*at_ != 'e' && *at_ != 'E')) return true;
        ++at_;
        if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
        const int exponent = digits();
        return exponent > 0 && exponent <= kExponentDigitsMax && whole <= kIntegerDigitsMax / 2;
    }

    // A string with its quotes.
    bool quoted(bool& escaped) {
        if (*at_ != '"') return false;
        ++at_;
        for (;;) {
            skip_plain();
            if (at_ == end_) return false;
            const char c = *at_++;
            if (c == '"') return true;
            if (c != '\\' || !escape()) return false;
            escaped = true;
        }
    }

    // Up to the next quote, backslash or control character.
    void skip_plain() {
        while (end_ - at_ >= static_cast<std::ptrdiff_t>(sizeof(Block))) {
            Block block;
            std::memcpy(&block, at_, sizeof block);
            const auto found = (block == '"') | (block == '\\') | (block < 0x20);
            std::uint64_t halves[2];
            std::memcpy(halves, &found, sizeof halves);
            if (halves[0] != 0) return void(at_ += std::countr_zero(halves[0]) / 8);
            if (halves[1] != 0) return void(at_ += 8 + std::countr_zero(halves[1]) / 8);
            at_ += sizeof block;
        }
        while (at_ != end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20) ++at_;
    }

    bool escape() {
        if (at_ == end_) return false;
        switch (*at_++) {
            case '"':
            case '\\':
            case '/':
            case 'b':
            case 'f':
            case 'n':
            case 'r':
            case 't': return true;
            case 'u': return code_point();
            default: return false;
        }
    }

    bool hex(unsigned& out) {
        if (end_ - at_ < 4) return false;
        for (int i = 0; i < 4; ++i) {
            const char c = *at_++;
            const char lower = static_cast<char>(c | 0x20);
            if (is_digit(c)) out = out * 16 + static_cast<unsigned>(c - '0');
            else if (lower >= 'a' && lower <= 'f') out = out * 16 + static_cast<unsigned>(lower - 'a' + 10);
            else return false;
        }
        return true;
    }

    bool code_point() {
        unsigned high = 0;
        if (!hex(high)) return false;
        if (high < 0xD800 || high > 0xDFFF) return true;
        unsigned low = 0;
        if (high > 0xDBFF || end_ - at_ < 6 || *at_++ != '\\' || *at_++ != 'u' || !hex(low)) return false;
        return low >= 0xDC00 && low <= 0xDFFF;
    }

    const char* at_;
    const char* end_;
};

}  // namespace

bool scan_object(std::string_view& text, std::vector<MemberText>& members) {
    members.clear();
    Scanner scanner(text);
    if (!scanner.members(members)) return false;
    text.remove_prefix(static_cast<std::size_t>(scanner.at() - text.data()));
    return true;
}

bool scan_members(std::string_view text, std::vector<MemberText>& members) {
    members.clear();
    return Scanner(text).members_to_the_end(members);
}

bool is_sound_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

}  // namespace miroir::json
