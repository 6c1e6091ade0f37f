// One recursive descent over the bytes. Every message and every position is part of what a client sees when it sends
// broken JSON, so the two ways of naming a place (the byte just read, the byte looked at) are kept apart as in the
// engine's parser: `fail_here` and `fail_ahead`.
#include "json/parse.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>

namespace miroir::json {
namespace {

constexpr int kDepthMax = 128;
constexpr std::size_t kLinearKeysMax = 24;  // up to here a repeated key is looked for by walking

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(std::string& out, std::uint32_t point) {
    if (point < 0x80) {
        out += static_cast<char>(point);
        return;
    }
    const int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static constexpr unsigned kLead[] = {0, 0xC0, 0xE0, 0xF0};
    out += static_cast<char>(kLead[more] | (point >> (6 * more)));
    for (int i = more - 1; i >= 0; --i) out += static_cast<char>(0x80 | ((point >> (6 * i)) & 0x3F));
}

// Length of the valid UTF-8 sequence at the front, 0 if there is none.
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto follows = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        if (!follows(1) || !follows(2)) return 0;
        if (lead == 0xE0 && byte(1) < 0xA0) return 0;
        return lead == 0xED && byte(1) >= 0xA0 ? 0 : 3;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        if (!follows(1) || !follows(2) || !follows(3)) return 0;
        if (lead == 0xF0 && byte(1) < 0x90) return 0;
        return lead == 0xF4 && byte(1) >= 0x90 ? 0 : 4;
    }
    return 0;
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) {}

    bool value(Value& out) {
        skip_space();
        if (at_end()) return fail_ahead("EOF while parsing a value", true);
        switch (const char c = text_[index_]) {
            case 'n': return out = Value(), word("null");
            case 't': return out = Value(true), word("true");
            case 'f': return out = Value(false), word("false");
            case '"': return ++index_, string(out);
            case '[': return array(out);
            case '{': return object(out);
            case '-': return ++index_, number(out, true);
            default:
                if (is_digit(c)) return number(out, false);
                return fail_ahead("expected value");
        }
    }

    bool end() {
        skip_space();
        return at_end() || fail_ahead("trailing characters");
    }

    std::size_t index() const { return index_; }
    ParseError error() && { return std::move(error_); }

private:
    bool at_end() const { return index_ >= text_.size(); }
    char peek() const { return at_end() ? '\0' : text_[index_]; }
    void skip_space() {
        while (!at_end() && (peek() == ' ' || peek() == '\n' || peek() == '\t' || peek() == '\r')) ++index_;
    }

    bool fail_at(std::size_t index, std::string_view what, bool end_of_input) {
        const std::string_view before = text_.substr(0, index);
        const std::size_t newline = before.rfind('\n');
        const std::size_t start = newline == std::string_view::npos ? 0 : newline + 1;
        error_.line = 1 + static_cast<std::size_t>(std::ranges::count(before.substr(0, start), '\n'));
        error_.column = index - start;
        error_.end_of_input = end_of_input;
        error_.message =
            std::string(what) + " at line " + std::to_string(error_.line) + " column " + std::to_string(error_.column);
        return false;
    }
    bool fail_here(std::string_view what, bool end_of_input = false) { return fail_at(index_, what, end_of_input); }
    bool fail_ahead(std::string_view what, bool end_of_input = false) {
        return fail_at(std::min(index_ + 1, text_.size()), what, end_of_input);
    }

    bool word(std::string_view expected) {
        ++index_;
        for (char c : expected.substr(1)) {
            if (at_end()) return fail_here("EOF while parsing a value", true);
            if (text_[index_++] != c) return fail_here("expected ident");
        }
        return true;
    }

    bool array(Value& out) {
        if (++depth_ >= kDepthMax) return fail_ahead("recursion limit exceeded");
        ++index_;
        Array items;
        for (bool first = true;; first = false) {
            skip_space();
            if (at_end()) return fail_ahead("EOF while parsing a list", true);
            if (peek() == ']') break;
            if (!first) {
                if (peek() != ',') return fail_ahead("expected `,` or `]`");
                ++index_;
                skip_space();
                if (at_end()) return fail_ahead("EOF while parsing a value", true);
                if (peek() == ']') return fail_ahead("trailing comma");
            }
            if (!value(items.emplace_back())) return false;
        }
        ++index_;
        --depth_;
        out = Value(std::move(items));
        return true;
    }

    bool object(Value& out) {
        if (++depth_ >= kDepthMax) return fail_ahead("recursion limit exceeded");
        ++index_;
        Object members;
        std::unordered_map<std::string, std::size_t> places;  // only for wide objects
        for (bool first = true;; first = false) {
            bool more = false;
            if (!next_key(first, more)) return false;
            if (!more) break;
            std::string key;
            if (!text(key)) return false;
            skip_space();
            if (at_end()) return fail_ahead("EOF while parsing an object", true);
            if (peek() != ':') return fail_ahead("expected `:`");
            ++index_;
            Value member;
            if (!value(member)) return false;
            insert(members, places, std::move(key), std::move(member));
        }
        ++index_;
        --depth_;
        out = Value(std::move(members));
        return true;
    }

    bool next_key(bool first, bool& more) {
        skip_space();
        if (at_end()) return fail_ahead("EOF while parsing an object", true);
        if (peek() == '}') return true;
        if (!first) {
            if (peek() != ',') return fail_ahead("expected `,` or `}`");
            ++index_;
            skip_space();
            if (at_end()) return fail_ahead("EOF while parsing a value", true);
            if (peek() == '}') return fail_ahead("trailing comma");
        }
        if (peek() != '"') return fail_ahead("key must be a string");
        ++index_;
        return more = true;
    }

    static void insert(Object& members, std::unordered_map<std::string, std::size_t>& places, std::string key,
                       Value member) {
        if (members.size() < kLinearKeysMax) return members.set(key, std::move(member));
        if (places.empty()) {
            std::size_t place = 0;
            for (const Member& known : members) places.emplace(known.first, place++);
        }
        const auto [found, fresh] = places.emplace(key, members.size());
        if (fresh) return members.append(std::move(key), std::move(member));
        members.begin()[found->second].second = std::move(member);
    }

    bool string(Value& out) {
        std::string content;
        if (!text(content)) return false;
        out = Value(std::move(content));
        return true;
    }

    // The opening quote has been eaten.
    bool text(std::string& out) {
        for (;;) {
            const std::size_t start = index_;
            while (!at_end() && text_[index_] != '"' && text_[index_] != '\\' &&
                   static_cast<unsigned char>(text_[index_]) >= 0x20) {
                ++index_;
            }
            out.append(text_, start, index_ - start);
            if (at_end()) return fail_here("EOF while parsing a string", true);
            const char c = text_[index_++];
            if (c == '"') return is_utf8(out) || fail_here("invalid unicode code point");
            if (c != '\\') return fail_here("control character (\\u0000-\\u001F) found while parsing a string");
            if (!escape(out)) return false;
        }
    }

    bool escape(std::string& out) {
        if (at_end()) return fail_here("EOF while parsing a string", true);
        switch (text_[index_++]) {
            case '"': out += '"'; return true;
            case '\\': out += '\\'; return true;
            case '/': out += '/'; return true;
            case 'b': out += '\b'; return true;
            case 'f': out += '\f'; return true;
            case 'n': out += '\n'; return true;
            case 'r': out += '\r'; return true;
            case 't': out += '\t'; return true;
            case 'u': return unicode_escape(out);
            default: return fail_here("invalid escape");
        }
    }

    bool hex(std::uint32_t& out) {
        if (index_ + 4 > text_.size()) {
            index_ = text_.size();
            return fail_here("EOF while parsing a string", true);
        }
        const char* first = text_.data() + index_;
        index_ += 4;
        const auto read = std::from_chars(first, first + 4, out, 16);
        return read.ptr == first + 4 || fail_here("invalid escape");
    }

    bool unicode_escape(std::string& out) {
        std::uint32_t point = 0;
        if (!hex(point)) return false;
        if (point >= 0xDC00 && point <= 0xDFFF) return fail_here("lone leading surrogate in hex escape");
        if (point >= 0xD800 && point <= 0xDBFF) {
            for (char expected : {'\\', 'u'}) {
                if (at_end()) return fail_here("EOF while parsing a string", true);
                if (text_[index_++] != expected) return fail_here("unexpected end of hex escape");
            }
            std::uint32_t low = 0;
            if (!hex(low)) return false;
            if (low < 0xDC00 || low > 0xDFFF) return fail_here("lone leading surrogate in hex escape");
            point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
        }
        append_utf8(out, point);
        return true;
    }

    bool number(Value& out, bool negative) {
        const std::size_t start = index_;
        if (at_end()) return fail_here("EOF while parsing a value", true);
        const char lead = text_[index_++];
        if (!is_digit(lead)) return fail_here("invalid number");
        if (lead == '0' && is_digit(peek())) return fail_ahead("invalid number");
        while (is_digit(peek())) ++index_;
        const std::size_t integer_end = index_;
        if (!fraction() || !exponent()) return false;
        const char* first = text_.data() + start;
        if (index_ == integer_end) {
            std::uint64_t magnitude = 0;
            const auto read = std::from_chars(first, text_.data() + index_, magnitude);
            if (read.ec == std::errc() && integer(out, magnitude, negative)) return true;
        }
        double real = 0;
        const auto read = std::from_chars(first, text_.data() + index_, real);
        if (read.ec == std::errc::result_out_of_range) {
            if (!underflows(std::string_view(first, index_ - start))) return fail_here("number out of range");
            real = 0;
        }
        out = Value(negative ? -real : real);
        return true;
    }

    static bool underflows(std::string_view digits) {
        const std::size_t e = digits.find_first_of("eE");
        return e != std::string_view::npos && e + 1 < digits.size() && digits[e + 1] == '-';
    }

    static bool integer(Value& out, std::uint64_t magnitude, bool negative) {
        if (!negative) {
            out = Value(magnitude);
            return true;
        }
        if (magnitude == 0 || magnitude > (std::uint64_t{1} << 63)) return false;  // -0 and beyond: a float
        out = Value(static_cast<std::int64_t>(-magnitude));
        return true;
    }

    bool fraction() {
        if (peek() != '.') return true;
        ++index_;
        const std::size_t start = index_;
        while (is_digit(peek())) ++index_;
        if (index_ > start) return true;
        return at_end() ? fail_ahead("EOF while parsing a value", true) : fail_ahead("invalid number");
    }

    bool exponent() {
        if (peek() != 'e' && peek() != 'E') return true;
        ++index_;
        if (peek() == '+' || peek() == '-') ++index_;
        if (at_end()) return fail_here("EOF while parsing a value", true);
        if (!is_digit(text_[index_++])) return fail_here("invalid number");
        while (is_digit(peek())) ++index_;
        return true;
    }

    std::string_view text_;
    std::size_t index_ = 0;
    int depth_ = 0;
    ParseError error_;
};

}  // namespace

std::expected<Value, ParseError> parse(std::string_view text) {
    Parser parser(text);
    Value out;
    if (parser.value(out) && parser.end()) return out;
    return std::unexpected(std::move(parser).error());
}

std::expected<Value, ParseError> parse_front(std::string_view& text) {
    Parser parser(text);
    Value out;
    if (!parser.value(out)) return std::unexpected(std::move(parser).error());
    text.remove_prefix(parser.index());
    return out;
}

}  // namespace miroir::json
