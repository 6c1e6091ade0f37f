#include "node/search/rules/proximity.h"

#include "node/search/resolve.h"

namespace miroir::node {

namespace {

// The outermost word of what a term may be, on the side that faces its neighbour.
struct FacingWord {
    Word word;
    std::optional<PhraseId> phrase;  // that it is part of
};

std::vector<FacingWord> facing_words(SearchContext& context, const TermSubset& subset, bool last) {
    std::vector<FacingWord> found;
    for (const Word word : words_of(context, subset)) found.push_back({.word = word, .phrase = std::nullopt});
    for (const PhraseId phrase : phrases_of(context, subset)) {
        const auto& words = context.phrase(phrase).words;
        const auto& facing = last ? words.back() : words.front();
        if (facing) found.push_back({.word = {.text = *facing}, .phrase = phrase});
    }
    return found;
}

class Near {
public:
    Near(SearchContext& context, std::uint32_t forward, std::uint32_t backward, const DocIds& universe)
        : context_(context), forward_(forward), backward_(backward), universe_(universe) {}

    void add_prefix(const FacingWord& left, TextId prefix) {
        DocIds universe = universe_;
        if (left.phrase) {
            universe &= context_.phrase_docs(*left.phrase);
            if (universe.isEmpty()) return;
        }
        docs_ |= context_.prefix_pair_docs(universe, left.word.text, prefix, forward_);
        // The other way round, only the prefix as a word of its own counts.
        if (!left.phrase) add_pair(universe, prefix, left.word.text, backward_);
    }

    void add_words(const FacingWord& left, const FacingWord& right) {
        if (!left.phrase && !right.phrase) {
            add_pair(universe_, left.word.text, right.word.text, forward_);
            if (backward_ >= 1) add_pair(universe_, right.word.text, left.word.text, backward_);
            return;
        }
        DocIds universe = universe_;
        if (left.phrase) universe &= context_.phrase_docs(*left.phrase);
        if (right.phrase) universe &= context_.phrase_docs(*right.phrase);
        if (!universe.isEmpty()) add_pair(universe, left.word.text, right.word.text, forward_);
    }

    bool is_absent(const FacingWord& left) {
        if (left.phrase) return !universe_.intersect(context_.phrase_docs(*left.phrase));
        return context_.entry(left.word.text) != nullptr && context_.word_docs(&universe_, left.word).isEmpty();
    }

    DocIds take() { return std::move(docs_); }

private:
    void add_pair(const DocIds& universe, TextId left, TextId right, std::uint32_t distance) {
        if (const auto found = context_.pair_docs(&universe, left, right, distance)) docs_ |= *found;
    }

    SearchContext& context_;
    std::uint32_t forward_;
    std::uint32_t backward_;
    const DocIds& universe_;
    DocIds docs_;
};

}  // namespace

DocIds near_docs(SearchContext& context, const LocatedSubset& left, const LocatedSubset& right, std::uint32_t cost,
                 const DocIds& universe) {
    const std::uint32_t replaced = right.id_count();
    Near near(context, 1 + cost - replaced, cost - replaced, universe);
    const std::vector<FacingWord> left_words = facing_words(context, left.subset, true);
    if (const auto prefix = prefix_of(context, right.subset)) {
        for (const FacingWord& word : left_words) near.add_prefix(word, prefix->text);
    }
    const std::vector<FacingWord> right_words = facing_words(context, right.subset, false);
    for (const FacingWord& word : left_words) {
        if (right_words.size() > 1 && near.is_absent(word)) continue;
        for (const FacingWord& other : right_words) near.add_words(word, other);
    }
    return near.take();
}

}  // namespace miroir::node
