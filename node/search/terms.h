// A word of the query with everything it may stand for: itself, words it begins, synonyms, words one or two typos
// away, and itself cut in two. Texts and phrases are numbers given by the SearchContext.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace miroir::node {

using TextId = std::uint32_t;
using PhraseId = std::uint32_t;
using TermId = std::uint32_t;

struct Phrase {
    std::vector<std::optional<TextId>> words;  // nullopt: a stop word
    bool operator==(const Phrase&) const = default;
    auto operator<=>(const Phrase&) const = default;
};

// A word to look up. Derived ones are not looked for in fields that allow no typos.
struct Word {
    TextId text = 0;
    bool derived = false;
    auto operator<=>(const Word&) const = default;
};

struct QueryTerm {
    TextId original = 0;
    std::vector<TextId> ngram;  // the words it was joined from; empty for an ordinary word
    std::uint8_t most_typos = 0;
    bool prefix = false;

    std::optional<PhraseId> phrase;  // "quoted words"
    std::optional<TextId> exact;     // the word itself, if the index has it
    std::vector<TextId> prefix_of;   // longer words, when they are few
    bool many_prefixed = false;      // they are many: looked up as a prefix
    std::vector<PhraseId> synonyms;

    // Found when first needed (see SearchContext::derive).
    bool derived = false;
    std::optional<PhraseId> split;
    std::vector<TextId> one_typo;
    std::vector<TextId> two_typos;
};

// What of a term a rule still looks at.
struct TermSubset {
    enum class Zero : std::uint8_t { Nothing, ExactOnly, All };
    TermId term = 0;
    Zero zero = Zero::All;
    bool one_typo = true;
    bool two_typos = true;
    bool mandatory = false;
    bool operator==(const TermSubset&) const = default;
};

// A subset with its place in the query: positions count words and gaps, ids count terms.
struct LocatedSubset {
    TermSubset subset;
    std::uint16_t first_position = 0;
    std::uint16_t last_position = 0;
    std::uint8_t first_id = 0;
    std::uint8_t last_id = 0;

    std::uint32_t id_count() const { return std::uint32_t{last_id} - first_id + 1; }
    bool operator==(const LocatedSubset&) const = default;
};

struct LocatedTerm {
    TermId term = 0;
    std::uint16_t first_position = 0;
    std::uint16_t last_position = 0;
};

std::uint64_t hash_of(const LocatedSubset& subset);

}  // namespace miroir::node
