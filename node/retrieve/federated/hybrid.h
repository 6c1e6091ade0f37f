// Keyword results and semantic results as one list: the engine's rule for leaving the second out, and its merge.
#pragma once

#include "node/index/facets.h"
#include "node/search/keyword_search.h"

namespace miroir::node {

// The page is full and every hit is worth at least 0.45 after the share of the keywords.
bool keywords_are_good_enough(const KeywordOutcome& keyword, float semantic_ratio, std::size_t limit);

// Scores are weighted with their shares and compared rule by rule; the semantic hit wins a tie. `distinct`: the field
// of which only one document per value stays, if any.
KeywordOutcome merge_hybrid(KeywordOutcome semantic, KeywordOutcome keyword, float semantic_ratio, std::size_t limit,
                            const FacetField* distinct);

}  // namespace miroir::node
