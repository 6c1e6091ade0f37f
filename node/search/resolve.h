// From subsets of terms to documents: everywhere, in one field, at one position; and from a whole query graph.
#pragma once

#include <optional>
#include <vector>

#include "node/search/context.h"
#include "node/search/query_graph.h"

namespace miroir::node {

// The words and phrases a subset stands for. Words of a prefix that is looked up as such are not among them.
std::vector<Word> words_of(SearchContext& context, const TermSubset& subset);
std::vector<PhraseId> phrases_of(SearchContext& context, const TermSubset& subset);
std::optional<Word> prefix_of(const SearchContext& context, const TermSubset& subset);

std::optional<PhraseId> original_phrase(const SearchContext& context, const TermSubset& subset);
// The phrase or word as it was asked; none for joined words, and when the index does not have it.
struct ExactTerm {
    std::optional<PhraseId> phrase;
    TextId word = 0;
};
std::optional<ExactTerm> exact_term(const SearchContext& context, const TermSubset& subset);
std::uint32_t most_typos(const SearchContext& context, const TermSubset& subset);

DocIds subset_docs(SearchContext& context, const DocIds* universe, const TermSubset& subset);
DocIds subset_docs_in_field(SearchContext& context, const DocIds& universe, const TermSubset& subset, FieldId field);
DocIds subset_docs_at(SearchContext& context, const DocIds& universe, const TermSubset& subset, std::uint16_t bucket);

// Documents of the universe that match some way through the graph.
DocIds graph_docs(SearchContext& context, const QueryGraph& graph, const DocIds& universe);

}  // namespace miroir::node
