#include "node/text/tokenizer.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

#include "node/text/normalizer.h"
#include "node/text/script.h"
#include "node/text/separators.h"
#include "node/text/utf8.h"

// A text is cut where the script changes, and at separators and words of the dictionary (leftmost first, then the
// longest). The recorded engine has no dictionaries for languages written without spaces, so neither have we. The kind
// of a token is decided on its decomposed form, before lower-casing: a stop word counts only as written.

namespace miroir::node {

namespace {

struct ViewHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using TextSet = std::unordered_set<std::string, ViewHash, std::equal_to<>>;

bool is_ascii(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

// The Arabic article is a word of its own.
std::size_t article_length(std::string_view word) {
    static constexpr std::array<std::string_view, 5> kArticles = {"ال", "أل", "إل", "آل", "ٱل"};
    if (word.size() <= 4) return 0;
    return std::ranges::any_of(kArticles, [&](auto article) { return word.starts_with(article); }) ? 4 : 0;
}

bool is_arabic_text(Script script, const std::vector<std::string>& locales) {
    if (script != Script::Arabic || locales.empty()) return script == Script::Arabic;
    return std::ranges::any_of(locales, [](const std::string& locale) { return locale == "ara" || locale == "pes"; });
}

struct Stretch {
    std::string_view text;
    Script script = Script::Other;
};

// Signs and digits belong to the script before them; at the start, to the one that follows.
std::vector<Stretch> split_scripts(std::string_view text) {
    std::vector<Stretch> stretches;
    std::size_t from = 0;
    Script current = Script::Other;
    bool armenian = false;
    for (std::size_t at = 0; at < text.size();) {
        const auto lead = static_cast<unsigned char>(text[at]);
        const CodePoint point = lead < 0x80 ? CodePoint{.value = lead, .bytes = 1} : code_point_at(text, at);
        const Script script = script_of(point.value);
        armenian = armenian || is_armenian(point.value);
        if (script != Script::Other && script != current) {
            if (current != Script::Other) {
                stretches.push_back({.text = text.substr(from, at - from), .script = current});
                from = at;
            }
            current = script;
        }
        at += point.bytes;
    }
    if (current == Script::Other && armenian) current = Script::Armenian;
    if (from < text.size()) stretches.push_back({.text = text.substr(from), .script = current});
    return stretches;
}

}  // namespace

struct Tokenizer::State {
    TextSet stop_words;
    bool own_separators = false;
    TextSet separators;  // when own_separators
    // Sequences of several characters and words of the dictionary, by first byte, longest first.
    std::array<std::vector<std::string>, 256> patterns;
    std::array<bool, 128> ascii_separator{};

    explicit State(TokenizerOptions options);
    void add_pattern(std::string text);
    bool is_separator_text(std::string_view text) const;
    // The length of the separator or word of the dictionary that starts at `at`; 0: none.
    std::size_t match_at(std::string_view text, std::size_t at) const;
    TokenKind kind_of(std::string_view decomposed) const;
    void emit(std::vector<Token>& tokens, std::string_view piece, Script script) const;
    void tokenize_stretch(std::vector<Token>& tokens, const Stretch& stretch,
                          const std::vector<std::string>& locales) const;
};

Tokenizer::State::State(TokenizerOptions options)
    : stop_words(options.stop_words.begin(), options.stop_words.end()),
      own_separators(!options.separators.empty() || !options.non_separators.empty()) {
    const TextSet removed(options.non_separators.begin(), options.non_separators.end());
    for (const std::string_view sequence : kSeparatorSequences) {
        if (!removed.contains(sequence)) add_pattern(std::string(sequence));
    }
    if (own_separators) {
        for (char32_t c = 0; c < 0x1F000; ++c) {
            std::string text;
            append_code_point(text, c);
            if (is_separator(c) && !removed.contains(text)) separators.insert(std::move(text));
        }
        for (const std::string_view sequence : kSeparatorSequences) {
            if (!removed.contains(sequence)) separators.emplace(sequence);
        }
        for (std::string& text : options.separators) {
            if (text.empty()) continue;
            separators.insert(text);
            add_pattern(std::move(text));
        }
    }
    for (std::string& word : options.dictionary) {
        if (!word.empty()) add_pattern(std::move(word));
    }
    for (char c = 0; c >= 0; ++c) {
        ascii_separator[static_cast<std::size_t>(c)] = is_separator_text(std::string_view(&c, 1));
        if (c == 127) break;
    }
}

void Tokenizer::State::add_pattern(std::string text) {
    std::vector<std::string>& bucket = patterns[static_cast<unsigned char>(text.front())];
    bucket.push_back(std::move(text));
    std::ranges::sort(bucket, [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

bool Tokenizer::State::is_separator_text(std::string_view text) const {
    if (own_separators) return separators.contains(text);
    if (text.empty()) return false;
    const CodePoint point = code_point_at(text, 0);
    if (point.bytes == text.size()) return is_separator(point.value);
    return std::ranges::find(kSeparatorSequences, text) != kSeparatorSequences.end();
}

std::size_t Tokenizer::State::match_at(std::string_view text, std::size_t at) const {
    const auto lead = static_cast<unsigned char>(text[at]);
    for (const std::string& pattern : patterns[lead]) {
        if (text.substr(at).starts_with(pattern)) return pattern.size();
    }
    if (lead < 0x80) return ascii_separator[lead] ? 1 : 0;
    const CodePoint point = code_point_at(text, at);
    return is_separator_text(text.substr(at, point.bytes)) ? point.bytes : 0;
}

TokenKind Tokenizer::State::kind_of(std::string_view decomposed) const {
    if (!stop_words.empty() && stop_words.contains(decomposed)) return TokenKind::StopWord;
    if (!is_separator_text(decomposed)) return TokenKind::Word;
    const bool single = !decomposed.empty() && code_point_at(decomposed, 0).bytes == decomposed.size();
    const bool hard = single ? is_hard_separator(code_point_at(decomposed, 0).value)
                             : std::ranges::find(kSeparatorSequences, decomposed) != kSeparatorSequences.end();
    return hard ? TokenKind::HardSeparator : TokenKind::SoftSeparator;
}

void Tokenizer::State::emit(std::vector<Token>& tokens, std::string_view piece, Script script) const {
    Token token;
    if (!tokens.empty()) {
        token.start = tokens.back().end;
        token.char_start = tokens.back().char_end;
    }
    token.end = token.start + piece.size();
    if (is_ascii(piece) && std::ranges::none_of(piece, [](char c) { return c < 0x20 && c != '\t' && c != '\n'; })) {
        token.kind = kind_of(piece);
        token.lemma = piece;
        if (script == Script::Latin || script == Script::Cyrillic || script == Script::Greek) {
            for (char& c : token.lemma) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        }
        token.char_end = token.char_start + piece.size();
    } else {
        Normalized form = normalize(piece, script);
        token.kind = kind_of(form.decomposed);
        token.lemma = std::move(form.lemma);
        token.char_map = std::move(form.map);
        token.char_end = token.char_start + token.char_map.size();
    }
    tokens.push_back(std::move(token));
}

void Tokenizer::State::tokenize_stretch(std::vector<Token>& tokens, const Stretch& stretch,
                                        const std::vector<std::string>& locales) const {
    const bool has_articles = is_arabic_text(stretch.script, locales);
    const auto emit_words = [&](std::string_view between) {
        if (between.empty()) return;
        const std::size_t article = has_articles ? article_length(between) : 0;
        if (article > 0) emit(tokens, between.substr(0, article), stretch.script);
        emit(tokens, between.substr(article), stretch.script);
    };
    const std::string_view text = stretch.text;
    std::size_t from = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = match_at(text, at);
        if (length == 0) {
            at += static_cast<unsigned char>(text[at]) < 0x80 ? 1 : code_point_at(text, at).bytes;
            continue;
        }
        emit_words(text.substr(from, at - from));
        emit(tokens, text.substr(at, length), stretch.script);
        at += length;
        from = at;
    }
    emit_words(text.substr(from));
}

Tokenizer::Tokenizer(TokenizerOptions options) : state_(std::make_unique<const State>(std::move(options))) {}
Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

std::vector<Token> Tokenizer::tokenize(std::string_view text, const std::vector<std::string>& locales) const {
    std::vector<Token> tokens;
    tokens.reserve(text.size() / 3 + 1);
    for (const Stretch& stretch : split_scripts(text)) state_->tokenize_stretch(tokens, stretch, locales);
    return tokens;
}

std::pair<std::size_t, std::size_t> Token::original_lengths(std::size_t lemma_bytes) const {
    std::size_t chars = 0;
    std::size_t original = 0;
    if (char_map.empty()) {
        while (original < lemma_bytes && original < lemma.size()) {
            original += code_point_at(lemma, original).bytes;
            ++chars;
        }
        return {chars, original};
    }
    std::size_t normalised = 0;
    for (const auto& [from, to] : char_map) {
        if (normalised >= lemma_bytes) break;
        original += from;
        normalised += to;
        ++chars;
    }
    return {chars, original};
}

}  // namespace miroir::node
