// One text with the matches of a search in it: their places (`_matchesPosition`) and the text cropped and highlighted
// (`_formatted`). Holds references to the text and the words only while it lives.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "node/search/matching_words.h"
#include "node/text/tokenizer.h"

namespace miroir::node {

struct TextFormat {
    bool highlight = false;
    std::optional<std::size_t> crop;  // in words; 0: not at all

    bool changes_text() const { return highlight || crop.has_value(); }
    // What several rules about one text mean together.
    TextFormat with(const TextFormat& other) const {
        return {.highlight = highlight || other.highlight, .crop = crop ? crop : other.crop};
    }
};

struct Marks {
    std::string before = "<em>";
    std::string after = "</em>";
    std::string crop = "…";
};

class MarkedText {
public:
    MarkedText(std::string_view text, const Tokenizer& tokenizer, const std::vector<std::string>& locales,
               const MatchingWords& words);

    // [{"start", "length", "indices"?}], bytes of the text; `places`: where in nested lists the text stands.
    json::Array places(std::span<const std::size_t> places) const;
    std::string formatted(const TextFormat& format, const Marks& marks) const;

private:
    // The byte behind the first `count` code points from `start`, not further than `limit`.
    std::size_t after_chars(std::size_t start, std::size_t count, std::size_t limit) const;

    std::string_view text_;
    std::vector<Token> tokens_;
    std::vector<Match> matches_;
};

}  // namespace miroir::node
