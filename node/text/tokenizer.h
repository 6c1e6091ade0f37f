// Tokenizer: text to tokens as the engine does it: words and separators, soft or hard, lower case, without
// diacritics, with the settings' dictionary, separators and stop words. Tokens cover the text without gaps and carry
// their place in it, which highlighting needs. Immutable after construction; usable from several threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace miroir::node {

enum class TokenKind : std::uint8_t { Word, StopWord, SoftSeparator, HardSeparator };

struct Token {
    TokenKind kind = TokenKind::Word;
    std::string lemma;      // normalised
    std::size_t start = 0;  // bytes in the original text
    std::size_t end = 0;
    std::size_t char_start = 0;  // code points in the original text
    std::size_t char_end = 0;
    // For each code point of the original: its bytes there and the bytes of the lemma it became. Empty when nothing
    // changed length.
    std::vector<std::pair<std::uint8_t, std::uint8_t>> char_map;

    bool is_word() const { return kind == TokenKind::Word; }
    bool is_separator() const { return kind >= TokenKind::SoftSeparator; }
    // How many (code points, bytes) of the original make up the first `lemma_bytes` bytes of the lemma.
    std::pair<std::size_t, std::size_t> original_lengths(std::size_t lemma_bytes) const;
};

struct TokenizerOptions {
    std::vector<std::string> stop_words;
    std::vector<std::string> separators;      // added to the built-in ones
    std::vector<std::string> non_separators;  // taken away from them
    std::vector<std::string> dictionary;      // words that are kept whole
};

class Tokenizer {
public:
    Tokenizer() : Tokenizer(TokenizerOptions{}) {}
    explicit Tokenizer(TokenizerOptions options);
    ~Tokenizer();
    Tokenizer(Tokenizer&&) noexcept;
    Tokenizer& operator=(Tokenizer&&) noexcept;

    // `locales`: ISO codes ("ara", "eng") that the text may be in; empty: any.
    std::vector<Token> tokenize(std::string_view text, const std::vector<std::string>& locales = {}) const;

private:
    struct State;
    std::unique_ptr<const State> state_;
};

}  // namespace miroir::node
