#include "protocol/filter/filter_lexer.h"

#include <unicode/uchar.h>

#include <algorithm>

#include "protocol/utf8.h"

namespace miroir::protocol::filter_grammar {

namespace {

bool is_word_char(char32_t c) {
    if (c == '_' || c == '-' || c == '.') return true;
    const auto point = static_cast<UChar32>(c);
    if (u_hasBinaryProperty(point, UCHAR_ALPHABETIC)) return true;
    const auto type = u_charType(point);
    return type == U_DECIMAL_DIGIT_NUMBER || type == U_LETTER_NUMBER || type == U_OTHER_NUMBER;
}

bool is_white_space(char32_t c) { return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_WHITE_SPACE) != 0; }

bool is_syntax(char32_t c) {
    return is_white_space(c) || c == '(' || c == ')' || c == '=' || c == '<' || c == '>' || c == '!';
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <class Wanted>
std::size_t length_while(std::string_view text, Wanted wanted) {
    std::size_t length = 0;
    while (length < text.size()) {
        const Utf8Char next = utf8_char(text.substr(length));
        if (!wanted(next.point)) break;
        length += next.bytes;
    }
    return length;
}

bool is_keyword(std::string_view word) {
    static constexpr std::string_view kKeywords[] = {
        "AND",  "OR",    "IN",       "NOT",    "TO",   "EXISTS",     "IS",
        "NULL", "EMPTY", "CONTAINS", "STARTS", "WITH", "_geoRadius", "_geoBoundingBox"};
    return std::ranges::find(kKeywords, word) != std::end(kKeywords);
}

// The text up to the closing quote, behind the opening one; without the quote, the whole rest.
Parsed<FilterToken> quoted_text(Span& in, char quote) {
    std::size_t end = 0;
    bool escaped = false;
    for (; end < in.text.size() && in.text[end] != quote; ++end) {
        if (in.text[end] != '\\') continue;
        if (++end >= in.text.size()) return fault(FaultKind::MalformedValue, in);
        escaped = escaped || in.text[end] == quote;
    }
    FilterToken token = token_of(in.head(end));
    if (escaped) {
        const std::string wanted{'\\', quote};
        for (std::size_t at = token.text.find(wanted); at != std::string::npos; at = token.text.find(wanted, at + 1)) {
            token.text.erase(at, 1);
        }
    }
    in.drop(end);
    return token;
}

Parsed<FilterToken> quoted(Span& in, char quote) {
    Span at = in;
    if (auto open = expect_char(at, quote); !open) return std::unexpected(open.error());
    auto token = cut(quoted_text(at, quote));
    if (!token) return token;
    if (auto close = cut(expect_char(at, quote)); !close) return std::unexpected(close.error());
    in = at;
    return token;
}

class Unescape {
public:
    explicit Unescape(std::string_view text) : rest_(text) {}

    // Nothing: `fault` says why.
    std::optional<std::string> run() {
        std::string out;
        while (!rest_.empty()) {
            const char32_t c = next();
            if (c != '\\') {
                append_utf8(out, c);
                continue;
            }
            const auto meant = escaped_char();
            if (!meant) return std::nullopt;
            append_utf8(out, *meant);
        }
        return out;
    }
    FaultKind fault() const { return fault_; }

private:
    char32_t next() {
        const Utf8Char c = utf8_char(rest_);
        rest_.remove_prefix(c.bytes);
        return c.point;
    }
    std::nullopt_t stop(FaultKind kind) {
        fault_ = kind;
        return std::nullopt;
    }
    std::optional<char32_t> escaped_char() {
        if (rest_.empty()) return stop(FaultKind::Incomplete);
        const char32_t c = next();
        switch (c) {
            case 'b': return U'\b';
            case 'f': return U'\f';
            case 'n': return U'\n';
            case 'r': return U'\r';
            case 't': return U'\t';
            case '\'':
            case '"':
            case '\\':
            case '/': return c;
            case 'u': return unicode();
            case 'x': return hex(take(2), 0xFF);
            default: return octal(c);
        }
    }
    std::optional<std::string> take(std::size_t chars) {
        std::string out;
        for (; chars > 0; --chars) {
            if (rest_.empty()) return std::nullopt;
            append_utf8(out, next());
        }
        return out;
    }
    std::optional<char32_t> unicode() {
        if (rest_.empty()) return stop(FaultKind::Incomplete);
        if (rest_.front() != '{') return hex(take(4), 0x10FFFF);
        const std::size_t close = std::min(rest_.find('}'), rest_.size());
        const std::string digits(rest_.substr(1, close - 1));
        rest_.remove_prefix(std::min(close + 1, rest_.size()));
        return hex(digits, 0x10FFFF);
    }
    std::optional<char32_t> hex(const std::optional<std::string>& text, std::uint64_t max) {
        if (!text) return stop(FaultKind::Incomplete);
        std::string_view digits = *text;
        if (digits.starts_with('+')) digits.remove_prefix(1);
        std::uint64_t number = 0;
        if (digits.empty()) return stop(FaultKind::InvalidEscapedNumber);
        for (const char digit : digits) {
            const std::size_t worth =
                std::string_view("0123456789abcdef")
                    .find(static_cast<char>(digit >= 'A' && digit <= 'F' ? digit - 'A' + 'a' : digit));
            if (worth == std::string_view::npos) return stop(FaultKind::InvalidEscapedNumber);
            number = number * 16 + worth;
            if (number > 0xFFFFFFFF) return stop(FaultKind::InvalidEscapedNumber);
        }
        if (number > max || (number >= 0xD800 && number <= 0xDFFF)) return stop(FaultKind::MalformedValue);
        return static_cast<char32_t>(number);
    }
    std::optional<char32_t> octal(char32_t first) {
        if (first < '0' || first > '7') return stop(FaultKind::MalformedValue);
        char32_t number = first - '0';
        for (int more = first <= '3' ? 2 : 1; more > 0; --more) {
            if (rest_.empty() || rest_.front() < '0' || rest_.front() > '7') break;
            number = number * 8 + static_cast<char32_t>(rest_.front() - '0');
            rest_.remove_prefix(1);
        }
        return number;
    }

    std::string_view rest_;
    FaultKind fault_ = FaultKind::MalformedValue;
};

// Escapes are read in every value. `about` is what the refusal shows.
Parsed<FilterToken> unescaped(FilterToken token, Span whole, Span about) {
    if (token.text.find('\\') == std::string::npos) return token;
    Unescape reader(token.text);
    if (auto text = reader.run()) {
        token.text = std::move(*text);
        return token;
    }
    if (reader.fault() == FaultKind::Incomplete) {
        return std::unexpected(Fault{.level = FaultLevel::Incomplete, .kind = FaultKind::Incomplete, .context = whole});
    }
    return fault(reader.fault(), about);
}

// The span of what a value's token covers, without quotes.
Span written(Span start, const FilterToken& token) {
    const bool is_quoted = start.text.starts_with('\'') || start.text.starts_with('"');
    if (is_quoted) start.drop(1);
    return start.head(token.original.size());
}

Parsed<FilterToken> plain_value(Span& in) {
    if (in.text.starts_with('\'')) return quoted(in, '\'');
    if (in.text.starts_with('"')) return quoted(in, '"');
    Span at = in;
    auto found = word(at);
    if (!found) return std::unexpected(found.error());
    if (is_keyword(found->text)) return fault(FaultKind::ExpectedKeyword, in);
    in = at;
    return token_of(*found);
}

Parsed<void> refuse_geo_as_value(Span in) {
    if (auto reserved = refuse_reserved_geo(in); !reserved) return reserved;
    Span at = in;
    if (auto radius = geo_radius(at); radius || radius.error().level == FaultLevel::Final) {
        return final_fault(FaultKind::MisusedGeoRadius, in);
    }
    at = in;
    if (auto box = geo_bounding_box(at); box || box.error().level == FaultLevel::Final) {
        return final_fault(FaultKind::MisusedGeoBoundingBox, in);
    }
    return {};
}

}  // namespace

std::size_t Span::column() const {
    const auto bytes = static_cast<std::size_t>(text.data() - origin->whole.data());
    if (bytes < origin->counted_bytes) {
        origin->counted_bytes = 0;
        origin->counted_column = 1;
    }
    for (std::size_t i = origin->counted_bytes; i < bytes; ++i) {
        const char c = origin->whole[i];
        if (c == '\n') origin->counted_column = 1;
        else if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++origin->counted_column;
    }
    origin->counted_bytes = bytes;
    return origin->counted_column;
}

FilterToken token_of(Span span) {
    return {.text = std::string(span.text),
            .original = std::string(span.text),
            .column = span.column(),
            .source = span.origin->shown};
}

void skip_space(Span& in) {
    while (!in.empty() && is_blank(in.text.front())) in.drop(1);
}

Parsed<void> space1(Span& in) {
    if (in.empty() || !is_blank(in.text.front())) return fault(FaultKind::Other, in);
    skip_space(in);
    return {};
}

bool take_tag(Span& in, std::string_view tag) {
    if (!in.text.starts_with(tag)) return false;
    in.drop(tag.size());
    return true;
}

Parsed<void> expect_char(Span& in, char letter) {
    if (in.text.starts_with(letter)) {
        in.drop(1);
        return {};
    }
    return std::unexpected(Fault{.kind = FaultKind::Char, .context = in, .letter = letter});
}

Parsed<Span> word(Span& in) {
    const std::size_t length = length_while(in.text, is_word_char);
    if (length == 0) return fault(FaultKind::Other, in);
    const Span found = in.head(length);
    in.drop(length);
    return found;
}

Parsed<Span> exact_word(Span& in, std::string_view wanted) {
    Span at = in;
    auto found = word(at);
    if (!found) return found;
    if (found->text != wanted) return fault(FaultKind::Other, at);
    in = at;
    return found;
}

// [sign] digits [. [digits]] | . digits, then [e [sign] digits]: without the last digits it is no number at all.
Parsed<Span> float_word(Span& in) {
    const std::string_view text = in.text;
    std::size_t at = 0;
    const auto digits = [&text, &at] {
        const std::size_t from = at;
        while (at < text.size() && is_digit(text[at])) ++at;
        return at - from;
    };
    const auto is_at = [&text, &at](std::string_view letters) {
        return at < text.size() && letters.contains(text[at]);
    };
    if (is_at("+-")) ++at;
    if (digits() > 0) {
        if (is_at(".")) ++at, digits();
    } else {
        Span rest = in;
        rest.drop(at);
        if (!is_at(".")) return fault(FaultKind::Other, rest);
        ++at;
        rest.drop(1);
        if (digits() == 0) return fault(FaultKind::Other, rest);
    }
    if (is_at("eE")) {
        ++at;
        if (is_at("+-")) ++at;
        Span rest = in;
        rest.drop(at);
        if (digits() == 0) return final_fault(FaultKind::Other, rest);
    }
    const Span found = in.head(at);
    in.drop(at);
    return found;
}

Parsed<FilterToken> value(Span& in) {
    Span at = in;
    at.drop(length_while(at.text, is_white_space));
    if (auto misuse = refuse_geo_as_value(at); !misuse) return std::unexpected(misuse.error());

    const Span start = at;
    auto token = plain_value(at);
    if (!token) {
        Fault failed = token.error();
        if (failed.is_try()) {
            const bool keyword = failed.kind == FaultKind::ExpectedKeyword;
            const Span shown = start.head(length_while(start.text, [](char32_t c) { return !is_syntax(c); }));
            return fault(keyword ? FaultKind::ExpectedKeyword : FaultKind::ExpectedValue, shown);
        }
        if (failed.kind == FaultKind::Char) {
            failed.kind = FaultKind::MissingClosingDelimiter;
            failed.context = start;
        }
        return std::unexpected(failed);
    }
    skip_space(at);
    const Span shown = written(start, *token);
    auto meant = unescaped(std::move(*token), in, shown);
    if (meant) in = at;
    return meant;
}

Parsed<FilterToken> vector_value(Span& in) {
    Span at = in;
    Parsed<FilterToken> token;
    if (at.text.starts_with('\'')) {
        token = quoted(at, '\'');
    } else if (at.text.starts_with('"')) {
        token = quoted(at, '"');
    } else {
        const std::size_t length = length_while(at.text, [](char32_t c) { return is_word_char(c) && c != '.'; });
        if (length == 0) return fault(FaultKind::Other, at);
        token = token_of(at.head(length));
        at.drop(length);
    }
    if (!token) return token;
    auto meant = unescaped(std::move(*token), in, at);
    if (meant) in = at;
    return meant;
}

}  // namespace miroir::protocol::filter_grammar
