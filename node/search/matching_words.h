// MatchingWords: what a search found its words to be, in a form that highlighting can lay over a text. Typos,
// synonyms, split words and prefixes that the search looked at are in here, with the place of the query word.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "node/text/tokenizer.h"

namespace miroir::node {

struct MatchingPhrase {
    std::vector<std::optional<std::string>> words;  // nullopt: any stop word
    std::uint16_t first = 0;                        // places in the query, both included
    std::uint16_t last = 0;
};

struct MatchingTerm {
    std::vector<std::string> words;
    std::uint16_t first = 0;
    std::uint16_t last = 0;
    bool prefix = false;             // a token need only start with one of the words
    std::size_t original_chars = 0;  // code points of the word as asked: how much of a prefix match is marked
};

// One match in a list of tokens: from token `first_token` to `last_token`, `chars` code points long. Word places
// count tokens that are no separators.
struct Match {
    std::size_t first_token = 0;
    std::size_t last_token = 0;
    std::size_t first_word = 0;
    std::size_t last_word = 0;
    std::size_t chars = 0;
    std::uint16_t first_term = 0;
    std::uint16_t last_term = 0;
};

class MatchingWords {
public:
    MatchingWords() = default;
    MatchingWords(std::vector<MatchingPhrase> phrases, std::vector<MatchingTerm> terms);

    // All matches in order of the text; phrases are tried before single words.
    std::vector<Match> find_in(const std::vector<Token>& tokens) const;
    bool empty() const { return phrases_.empty() && terms_.empty(); }

private:
    std::vector<MatchingPhrase> phrases_;
    std::vector<MatchingTerm> terms_;  // exact before prefix, then the longest first
};

}  // namespace miroir::node
