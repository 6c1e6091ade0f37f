#include "node/text/segmenter.h"

#include <unicode/brkiter.h>
#include <unicode/utext.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/assert.h"
#include "node/text/utf8.h"

namespace miroir::node {

namespace {

// Dictionaries are loaded once; an iterator belongs to its thread.
icu::BreakIterator& words_of(const char* locale, std::unique_ptr<icu::BreakIterator>& slot) {
    if (!slot) {
        UErrorCode status = U_ZERO_ERROR;
        slot.reset(icu::BreakIterator::createWordInstance(icu::Locale(locale), status));
        MIROIR_ASSERT(U_SUCCESS(status));
    }
    return *slot;
}

std::vector<std::string_view> cut_by_dictionary(std::string_view text, icu::BreakIterator& breaks) {
    UErrorCode status = U_ZERO_ERROR;
    UText* view = utext_openUTF8(nullptr, text.data(), static_cast<std::int64_t>(text.size()), &status);
    MIROIR_ASSERT(U_SUCCESS(status));
    breaks.setText(view, status);
    std::vector<std::string_view> pieces;
    std::int32_t from = breaks.first();
    for (std::int32_t to = breaks.next(); to != icu::BreakIterator::DONE; from = to, to = breaks.next()) {
        pieces.push_back(text.substr(from, to - from));
    }
    utext_close(view);
    return pieces;
}

std::vector<std::string_view> cut_arabic(std::string_view text) {
    // The article is a word of its own.
    static constexpr std::array<std::string_view, 5> kArticles = {"ال", "أل", "إل", "آل", "ٱل"};
    const bool has_article = std::ranges::any_of(kArticles, [&](auto article) { return text.starts_with(article); });
    if (text.size() <= 4 || !has_article) return {text};
    return {text.substr(0, 4), text.substr(4)};
}

bool is_one_of(const std::vector<std::string>& locales, std::initializer_list<std::string_view> codes) {
    return std::ranges::any_of(locales, [&](const std::string& locale) {
        return std::ranges::find(codes, std::string_view(locale)) != codes.end();
    });
}

Language language_of_cj(std::string_view text, const std::vector<std::string>& locales) {
    if (!locales.empty() && !is_one_of(locales, {"cmn", "zho"})) return Language::Japanese;
    std::size_t kana = 0;
    std::size_t all = 0;
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint point = code_point_at(text, at);
        at += point.bytes;
        if (script_of(point.value) != Script::Cj) continue;
        ++all;
        kana += is_kana(point.value);
    }
    return kana * 20 > all ? Language::Japanese : Language::Chinese;  // more than 5 %
}

}  // namespace

Language language_of(std::string_view text, Script script, const std::vector<std::string>& locales) {
    if (locales.size() == 1) {
        if (is_one_of(locales, {"jpn"})) return Language::Japanese;
        if (is_one_of(locales, {"cmn", "zho"})) return Language::Chinese;
        if (is_one_of(locales, {"kor"})) return Language::Korean;
        if (is_one_of(locales, {"swe"})) return Language::Swedish;
        if (is_one_of(locales, {"pes"})) return Language::Persian;
        return Language::Unknown;
    }
    if (script == Script::Cj) return language_of_cj(text, locales);
    return Language::Unknown;
}

std::vector<std::string_view> cut_words(std::string_view text, Script script, Language language) {
    static thread_local std::unique_ptr<icu::BreakIterator> japanese, chinese, thai, khmer;
    switch (script) {
        case Script::Cj:
            if (language == Language::Japanese) return cut_by_dictionary(text, words_of("ja", japanese));
            if (language == Language::Chinese) return cut_by_dictionary(text, words_of("zh", chinese));
            return {text};
        case Script::Thai: return cut_by_dictionary(text, words_of("th", thai));
        case Script::Khmer: return cut_by_dictionary(text, words_of("km", khmer));
        case Script::Arabic: return cut_arabic(text);
        default: return {text};
    }
}

}  // namespace miroir::node
