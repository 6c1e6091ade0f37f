#include "node/text/normalizer.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf16.h>

#include "base/assert.h"
#include "node/text/utf8.h"

namespace miroir::node {

namespace {

const icu::Normalizer2& compatibility() {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* instance = icu::Normalizer2::getNFKDInstance(status);
    MIROIR_ASSERT(U_SUCCESS(status));
    return *instance;
}

bool is_control(char32_t c) { return u_charType(static_cast<UChar32>(c)) == U_CONTROL_CHAR && !u_isUWhiteSpace(c); }

std::u32string decompose(char32_t c) {
    std::u32string out;
    icu::UnicodeString text;
    if (c < 0x80 || !compatibility().getDecomposition(static_cast<UChar32>(c), text)) {
        out.push_back(c);
    } else {
        for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) out.push_back(text.char32At(i));
    }
    std::erase_if(out, is_control);
    return out;
}

bool has_case(Script script) {
    using enum Script;
    return script == Latin || script == Cyrillic || script == Greek || script == Georgian || script == Armenian;
}

bool drops_marks(Script script) {
    using enum Script;
    return script == Hebrew || script == Thai || script == Arabic || script == Latin || script == Greek;
}

std::u32string lower(char32_t c) {
    if (c == 0x130) return U"i\u0307";  // the one letter whose lower case is longer
    return std::u32string(1, static_cast<char32_t>(u_tolower(static_cast<UChar32>(c))));
}

std::u32string fold_latin(char32_t c) {
    switch (c) {
        case U'’':
        case U'‘':
        case U'‛': return U"'";
        case U'œ':
        case U'Œ': return U"oe";
        case U'æ':
        case U'Æ': return U"ae";
        default: return std::u32string(1, c);
    }
}

std::u32string fold_arabic(char32_t c) {
    switch (c) {
        case 0x640: return U"";  // tatweel
        case 0x623:
        case 0x625:
        case 0x622:
        case 0x671: return U"\u0627";  // alef
        case 0x649: return U"\u064A";  // yeh
        case 0x629: return U"\u0647";  // teh marbuta
        default: return std::u32string(1, c);
    }
}

std::u32string fold(char32_t c, Script script) {
    switch (script) {
        case Script::Latin: return fold_latin(c);
        case Script::Arabic: return fold_arabic(c);
        default: return std::u32string(1, c);
    }
}

}  // namespace

Normalized normalize(std::string_view text, Script script) {
    Normalized result;
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint point = code_point_at(text, at);
        at += point.bytes;
        const std::size_t before = result.lemma.size();
        for (const char32_t part : decompose(point.value)) {
            append_code_point(result.decomposed, part);
            for (const char32_t low : has_case(script) ? lower(part) : std::u32string(1, part)) {
                for (const char32_t folded : fold(low, script)) {
                    if (drops_marks(script) && u_charType(static_cast<UChar32>(folded)) == U_NON_SPACING_MARK) continue;
                    append_code_point(result.lemma, folded);
                }
            }
        }
        result.map.emplace_back(point.bytes, static_cast<std::uint8_t>(result.lemma.size() - before));
    }
    return result;
}

}  // namespace miroir::node
