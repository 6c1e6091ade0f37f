// From the text of a query to its terms: words, "phrases", -words and -"phrases" to leave out. Only the first ten
// terms count; the last word may be a beginning.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "node/search/context.h"

namespace miroir::node {

struct ParsedQuery {
    std::vector<LocatedTerm> terms;
    std::vector<TextId> negative_words;
    std::vector<PhraseId> negative_phrases;
};

// `locales` of the request; empty: those of the localized attributes.
ParsedQuery parse_query(SearchContext& context, std::string_view query, const std::vector<std::string>& locales);

}  // namespace miroir::node
