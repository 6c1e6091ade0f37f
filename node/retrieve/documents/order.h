// Documents in the order of `sort`, outside of searches. As in the engine a document with numbers and texts in a field
// comes twice, and one whose field is there but holds neither does not come at all.
#pragma once

#include <vector>

#include "node/index/index.h"
#include "node/search/keyword_search.h"

namespace miroir::node {

// At most `most` documents from the first on; ties by internal id.
std::vector<DocId> documents_in_order(const Index& index, const DocIds& candidates,
                                      const std::vector<SortCriterion>& sort, std::size_t most);

}  // namespace miroir::node
