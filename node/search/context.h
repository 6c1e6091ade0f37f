// SearchContext: one search's view of an index: the numbers of texts, phrases and terms, look-ups narrowed to the
// attributes that are searched, and what has been computed already. Lives for one search, one thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "node/index/index.h"
#include "node/index/postings.h"
#include "node/index/roles.h"
#include "node/search/terms.h"
#include "protocol/settings/settings.h"

namespace miroir::node {

class SearchContext {
public:
    explicit SearchContext(const Index& index);

    // attributesToSearchOn; fails when a name is not searchable.
    Result<void> restrict_to(const std::vector<std::string>& attributes);

    const Index& index() const { return index_; }
    const protocol::Settings& settings() const { return index_.settings(); }
    const std::vector<FieldId>& searched_fields() const { return searched_fields_; }
    bool is_searched(FieldId field) const;  // not excluded by restrict_to()

    TextId intern(std::string_view text);
    const std::string& text(TextId id) const { return texts_[id].text; }
    PhraseId intern(Phrase phrase);
    const Phrase& phrase(PhraseId id) const { return phrases_[id]; }
    TermId add_term(QueryTerm term);
    QueryTerm& term(TermId id) { return terms_[id]; }
    const QueryTerm& term(TermId id) const { return terms_[id]; }

    std::uint8_t typos_allowed(std::string_view word) const;
    // A term for a word of the query; n-grams take no part in words of fields without typos.
    QueryTerm term_of(std::string_view word, std::uint8_t most_typos, bool prefix);
    const QueryTerm& derive(TermId id);  // finds typos and split words once

    // Look-ups. With a universe, the part of it; without, everything.
    const WordEntry* entry(TextId id) const { return texts_[id].entry; }  // nullptr: not in the index
    DocIds word_docs(const DocIds* universe, Word word) const;
    const DocIds& prefix_docs(Word prefix);
    DocIds word_in_field(const DocIds& universe, TextId word, FieldId field) const;
    const DocIds& prefix_in_field(TextId prefix, FieldId field);
    DocIds word_at(const DocIds& universe, TextId word, std::uint16_t bucket) const;
    const DocIds& prefix_at(TextId prefix, std::uint16_t bucket);
    std::vector<FieldId> fields_of(TextId word) const;
    const std::vector<FieldId>& fields_of_prefix(TextId prefix);
    std::vector<std::uint16_t> positions_of(TextId word) const;
    const std::vector<std::uint16_t>& positions_of_prefix(TextId prefix);
    // Documents with `left` this many places before `right` (and no nearer). nullopt: there are none at all.
    std::optional<DocIds> pair_docs(const DocIds* universe, TextId left, TextId right, std::uint32_t distance);
    const DocIds& prefix_pair_docs(const DocIds& universe, TextId left, TextId right_prefix, std::uint32_t distance);
    const DocIds& phrase_docs(PhraseId id);

private:
    struct Text {
        std::string text;
        const WordEntry* entry = nullptr;
    };
    struct PrefixPlaces {
        std::vector<FieldId> fields;
        std::vector<std::uint16_t> positions;
        std::map<FieldId, DocIds> in_field;
        std::map<std::uint16_t, DocIds> at;
    };

    bool has_many_prefixed(std::string_view prefix) const;
    std::vector<TextId> words_beginning_with(TextId prefix);
    std::vector<PhraseId> synonyms_of(std::string_view word);
    std::optional<PhraseId> best_split(TextId word);
    PrefixPlaces& places_of(TextId prefix);
    DocIds compute_phrase_docs(const Phrase& phrase);
    DocIds same_field_docs(const DocIds* universe, TextId left, TextId right) const;

    const Index& index_;
    const Postings& postings_;
    std::vector<FieldId> searched_fields_;          // of the settings
    std::optional<std::vector<FieldId>> tolerant_;  // restrict_to(): fields with and without typos
    std::optional<std::vector<FieldId>> exact_;

    std::vector<Text> texts_;
    std::unordered_map<std::string, TextId, TextHash, std::equal_to<>> text_ids_;
    std::vector<Phrase> phrases_;
    std::map<Phrase, PhraseId> phrase_ids_;
    std::vector<QueryTerm> terms_;

    std::map<Word, DocIds> prefix_docs_;
    std::unordered_map<TextId, PrefixPlaces> prefix_places_;
    std::map<std::pair<TextId, TextId>, DocIds> same_field_;
    std::map<std::tuple<std::uint32_t, TextId, TextId>, DocIds> prefix_pairs_;
    std::map<PhraseId, DocIds> phrase_docs_;
};

}  // namespace miroir::node
