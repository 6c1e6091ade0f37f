#include "node/search/resolve.h"

#include <algorithm>

namespace miroir::node {

namespace {

std::optional<TextId> first_word(const SearchContext& context, PhraseId phrase) {
    for (const auto& word : context.phrase(phrase).words) {
        if (word) return word;
    }
    return std::nullopt;
}

}  // namespace

std::vector<Word> words_of(SearchContext& context, const TermSubset& subset) {
    const bool wants_typos = subset.one_typo || subset.two_typos;
    const QueryTerm& term = wants_typos ? context.derive(subset.term) : context.term(subset.term);
    std::vector<Word> words;
    const bool joined = !term.ngram.empty();
    if (subset.zero != TermSubset::Zero::Nothing && term.exact)
        words.push_back({.text = *term.exact, .derived = joined});
    if (subset.zero == TermSubset::Zero::All) {
        for (const TextId text : term.prefix_of) words.push_back({.text = text, .derived = joined});
    }
    if (subset.one_typo) {
        for (const TextId text : term.one_typo) words.push_back({.text = text, .derived = true});
    }
    if (subset.two_typos) {
        for (const TextId text : term.two_typos) words.push_back({.text = text, .derived = true});
    }
    return words;
}

std::vector<PhraseId> phrases_of(SearchContext& context, const TermSubset& subset) {
    const QueryTerm& term = subset.one_typo ? context.derive(subset.term) : context.term(subset.term);
    std::vector<PhraseId> phrases = term.synonyms;  // whatever the subset: a synonym costs no typo and has none
    if (term.phrase) phrases.push_back(*term.phrase);
    if (subset.one_typo && term.split) phrases.push_back(*term.split);
    return phrases;
}

std::optional<Word> prefix_of(const SearchContext& context, const TermSubset& subset) {
    const QueryTerm& term = context.term(subset.term);
    if (!term.many_prefixed || subset.zero == TermSubset::Zero::Nothing) return std::nullopt;
    // The word itself and the prefix are one text: keeping the exact word keeps the prefix.
    if (subset.zero == TermSubset::Zero::ExactOnly && !term.exact) return std::nullopt;
    return Word{.text = term.original, .derived = !term.ngram.empty()};
}

std::optional<PhraseId> original_phrase(const SearchContext& context, const TermSubset& subset) {
    const QueryTerm& term = context.term(subset.term);
    return subset.zero == TermSubset::Zero::Nothing ? std::nullopt : term.phrase;
}

std::optional<ExactTerm> exact_term(const SearchContext& context, const TermSubset& subset) {
    const QueryTerm& term = context.term(subset.term);
    if (!term.ngram.empty() || subset.zero == TermSubset::Zero::Nothing) return std::nullopt;
    if (term.phrase) return ExactTerm{.phrase = term.phrase};
    if (term.exact) return ExactTerm{.word = *term.exact};
    return std::nullopt;
}

std::uint32_t most_typos(const SearchContext& context, const TermSubset& subset) {
    const QueryTerm& term = context.term(subset.term);
    switch (term.most_typos) {
        case 0: return term.phrase ? 0 : 1;  // a word may be cut in two
        case 1: return subset.one_typo ? 1 : 0;
        default: return subset.two_typos ? 2 : subset.one_typo ? 1 : 0;
    }
}

DocIds subset_docs(SearchContext& context, const DocIds* universe, const TermSubset& subset) {
    DocIds docs;
    for (const Word word : words_of(context, subset)) docs |= context.word_docs(universe, word);
    for (const PhraseId phrase : phrases_of(context, subset)) docs |= context.phrase_docs(phrase);
    if (const auto prefix = prefix_of(context, subset)) docs |= context.prefix_docs(*prefix);
    if (universe != nullptr) docs &= *universe;
    return docs;
}

DocIds subset_docs_in_field(SearchContext& context, const DocIds& universe, const TermSubset& subset, FieldId field) {
    DocIds docs;
    for (const Word word : words_of(context, subset)) docs |= context.word_in_field(universe, word.text, field);
    for (const PhraseId phrase : phrases_of(context, subset)) {
        if (const auto word = first_word(context, phrase)) {
            docs |= context.phrase_docs(phrase) & context.word_in_field(universe, *word, field);
        }
    }
    if (const auto prefix = prefix_of(context, subset)) {
        docs |= context.prefix_in_field(prefix->text, field) & universe;
    }
    return docs;
}

DocIds subset_docs_at(SearchContext& context, const DocIds& universe, const TermSubset& subset, std::uint16_t bucket) {
    DocIds docs;
    for (const Word word : words_of(context, subset)) docs |= context.word_at(universe, word.text, bucket);
    for (const PhraseId phrase : phrases_of(context, subset)) {
        if (const auto word = first_word(context, phrase)) {
            docs |= context.phrase_docs(phrase) & context.word_at(universe, *word, bucket);
        }
    }
    if (const auto prefix = prefix_of(context, subset)) docs |= context.prefix_at(prefix->text, bucket) & universe;
    return docs;
}

DocIds graph_docs(SearchContext& context, const QueryGraph& graph, const DocIds& universe) {
    std::vector<DocIds> docs(graph.nodes().size());
    for (const NodeId id : graph.in_order()) {
        const QueryNode& node = graph.nodes()[id];
        if (node.kind == QueryNode::Kind::Start) {
            docs[id] = universe;
            continue;
        }
        DocIds so_far;
        node.before.for_each([&](NodeId from) { so_far |= docs[from]; });
        if (node.kind == QueryNode::Kind::End) return so_far;
        docs[id] = subset_docs(context, &so_far, node.term.subset);
    }
    return {};
}

}  // namespace miroir::node
