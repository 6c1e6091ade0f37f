// matchingStrategy `frequency`: words fall away in the order of their frequency, the most frequent first. Each node
// knows only the frequencies of its own documents, so these are asked of all nodes first; then one search is made for
// every step of falling away, in which all words that are left must be found. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plan/catalog.h"
#include "protocol/query/search_query.h"

namespace miroir::plan {

// A text cut into what may fall away and what stays.
struct FrequencyWords {
    struct Word {
        std::string text;      // as typed, quotes and minus included
        bool falls = false;    // a plain word; false: a phrase, or a word that must not be found
        bool ignored = false;  // a stop word: neither counted nor searched
    };
    std::vector<Word> words;
    bool prefix = false;              // the last word may be the beginning of one
    bool stays = false;               // there is a phrase
    std::vector<std::string> joined;  // neighbours written as one word, which the engine tries, too
};

// Nothing when the text is more than plain words and phrases: only an engine's tokenizer could cut it.
std::optional<FrequencyWords> frequency_words(const IndexEntry& index, const std::string& text);

// May words fall away in one order or another?
bool may_fall(const FrequencyWords& words);

// The searches whose totals are the frequencies: one a word that falls, then one for each of `joined`.
std::vector<protocol::SearchQuery> frequency_counts(const FrequencyWords& words, const protocol::SearchQuery& query);

// One search: some words have fallen away, all others must be found.
struct FrequencyStep {
    std::string text;
    std::size_t fallen = 0;
    bool from_the_end = true;    // nothing before or between the words that are left has fallen away
    std::size_t neighbours = 0;  // pairs of words whose nearness counts
};
struct FrequencySteps {
    std::vector<FrequencyStep> steps;  // all words first, as few as possible last
    bool exact = true;                 // false: there are more ways for words to fall away than are tried here
};
// Do words fall away in one order by these counts and by those? `counts` beside frequency_counts().
bool fall_alike(const FrequencyWords& words, std::span<const std::uint64_t> counts,
                std::span<const std::uint64_t> others);
FrequencySteps frequency_steps(const FrequencyWords& words, std::span<const std::uint64_t> counts);

}  // namespace miroir::plan
