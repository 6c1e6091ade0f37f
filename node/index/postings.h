// Postings: what node/search reads of an index: the vocabulary in byte order, and for each word where it stands:
// documents, fields, positions (in buckets), and pairs of words near each other. Written only by the index.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "node/index/fields.h"
#include "node/index/id_list.h"
#include "node/index/pair_table.h"

namespace miroir::node {

inline constexpr std::size_t kLongestWord = 250;      // bytes; longer words are not indexed
inline constexpr std::size_t kMostCountedWords = 30;  // fields with more words are in no word-count set
inline constexpr std::uint32_t kFarApart = 4;         // words at this distance or more are no pair

// Positions are kept exactly up to 15, then in powers of two.
std::uint16_t bucketed_position(std::uint16_t position);

struct WordEntry {
    std::string text;
    IdList tolerant;  // documents where it stands in a field in which typos are allowed
    IdList exact;     // documents where it stands in one in which they are not
    std::vector<std::pair<FieldId, IdList>> by_field;
    std::vector<std::pair<std::uint16_t, IdList>> by_position;

    bool alive() const { return !tolerant.empty() || !exact.empty(); }
    const IdList* in_field(FieldId field) const;
    const IdList* at_position(std::uint16_t bucket) const;
};

// One word of a document, in order of the text.
struct Occurrence {
    WordId word = 0;
    FieldId field = 0;
    std::uint16_t position = 0;
    bool exact = false;
};

class Postings {
public:
    std::optional<WordId> find(std::string_view text) const;  // also words that are no longer alive
    const WordEntry& word(WordId id) const { return words_[id]; }
    std::span<const WordId> sorted() const { return sorted_; }  // by bytes; dead ones included
    std::span<const WordId> with_prefix(std::string_view prefix) const;
    const IdList* pair(std::uint32_t distance, WordId left, WordId right) const {
        return pairs_.find(pair_key(distance, left, right));
    }
    const IdList* with_word_count(FieldId field, std::size_t count) const;

    WordId intern(std::string_view text);
    void add(DocId document, std::span<const Occurrence> occurrences) { change(document, occurrences, true); }
    void remove(DocId document, std::span<const Occurrence> occurrences) { change(document, occurrences, false); }
    void finish();  // after a batch: new words take their place in sorted()
    void clear();

private:
    void change(DocId document, std::span<const Occurrence> occurrences, bool add);
    void change_pairs(DocId document, std::span<const Occurrence> occurrences, bool add);
    void change_word_counts(DocId document, std::span<const Occurrence> occurrences, bool add);

    std::deque<WordEntry> words_;  // never moves: ids_ looks into the texts
    std::unordered_map<std::string_view, WordId> ids_;
    std::vector<WordId> sorted_;
    PairTable pairs_;
    std::map<std::pair<FieldId, std::size_t>, IdList> word_counts_;
};

}  // namespace miroir::node
