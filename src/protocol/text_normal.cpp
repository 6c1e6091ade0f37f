#include "protocol/text_normal.h"

#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/assert.h"
#include "protocol/utf8.h"

namespace miroir::protocol {

namespace {

const icu::Normalizer2& nfkd() {
    static const icu::Normalizer2* const instance = [] {
        UErrorCode status = U_ZERO_ERROR;
        const icu::Normalizer2* found = icu::Normalizer2::getNFKDInstance(status);
        MIROIR_ASSERT(U_SUCCESS(status));
        return found;
    }();
    return *instance;
}

bool is_white_space(char32_t c) { return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_WHITE_SPACE) != 0; }

std::string_view trimmed(std::string_view text) {
    while (!text.empty()) {
        const Utf8Char first = utf8_char(text);
        if (!is_white_space(first.point)) break;
        text.remove_prefix(first.bytes);
    }
    while (!text.empty()) {
        std::size_t start = text.size() - 1;
        while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xC0U) == 0x80U) --start;
        if (!is_white_space(utf8_char(text.substr(start)).point)) break;
        text.remove_suffix(text.size() - start);
    }
    return text;
}

bool is_ascii(std::string_view text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) >= 0x80) return false;
    }
    return true;
}

// Letter by letter: marks of neighbouring characters are not put into canonical order, as in the engine.
icu::UnicodeString decomposed(std::string_view text) {
    icu::UnicodeString out;
    icu::UnicodeString parts;
    while (!text.empty()) {
        const Utf8Char c = utf8_char(text);
        text.remove_prefix(c.bytes);
        const auto point = static_cast<UChar32>(c.point);
        if (c.point >= 0x80 && nfkd().getDecomposition(point, parts)) out.append(parts);
        else out.append(point);
    }
    return out;
}

}  // namespace

bool is_plainly_normal(std::string_view text) {
    if (text.empty()) return true;
    if (text.front() == ' ' || text.back() == ' ') return false;
    return std::ranges::none_of(text, [](char c) { return c < ' ' || c == '\x7f' || (c >= 'A' && c <= 'Z'); });
}

std::string normalize_facet(std::string_view text) {
    if (is_ascii(text)) {
        const auto is_blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
        while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
        while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
        std::string out(text);
        for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        return out;
    }
    std::string out;
    text = trimmed(text);
    decomposed(text).toLower(icu::Locale::getRoot()).toUTF8String(out);
    return out;
}

std::string decomposed_text(std::string_view text) {
    std::string out;
    decomposed(text).toUTF8String(out);
    return out;
}

std::string plain_word(std::string_view text) {
    const icu::UnicodeString lowered = decomposed(text).toLower(icu::Locale::getRoot());
    icu::UnicodeString kept;
    for (int32_t i = 0; i < lowered.length(); i = lowered.moveIndex32(i, 1)) {
        const UChar32 point = lowered.char32At(i);
        if (point == 0x153) kept.append(icu::UnicodeString("oe"));
        else if (point == 0xE6) kept.append(icu::UnicodeString("ae"));
        else if (u_charType(point) != U_NON_SPACING_MARK) kept.append(point);
    }
    std::string out;
    kept.toUTF8String(out);
    return out;
}

std::string plain_number(double number) {
    // The smallest and largest doubles need some 340 digits without an exponent.
    char text[512];
    constexpr double kEveryIntegerBelow = 9007199254740992;
    if (std::abs(number) < kEveryIntegerBelow || !std::isfinite(number)) {
        const auto end = std::to_chars(text, text + sizeof text, number, std::chars_format::fixed).ptr;
        return {text, end};
    }
    // Digits that nothing depends on are zeros.
    const auto end = std::to_chars(text, text + sizeof text, number, std::chars_format::scientific).ptr;
    const std::string_view shown(text, end);
    const std::size_t mark = shown.find('e');
    std::string out;
    for (const char c : shown.substr(0, mark)) {
        if (c != '.') out += c;
    }
    int exponent = 0;
    std::from_chars(shown.data() + mark + 2, end, exponent);  // behind the sign
    out.resize((number < 0 ? 2 : 1) + static_cast<std::size_t>(exponent), '0');
    return out;
}

std::string_view cut_facet_value(std::string_view normalized) {
    constexpr std::size_t kMaxBytes = 468;
    if (normalized.size() <= kMaxBytes) return normalized;
    std::size_t end = kMaxBytes;
    while (end > 0 && (static_cast<unsigned char>(normalized[end]) & 0xC0U) == 0x80U) --end;
    return normalized.substr(0, end);
}

}  // namespace miroir::protocol
