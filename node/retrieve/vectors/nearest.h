// The documents nearest to a vector: all of them are looked at, so the answer is exact.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "node/index/index.h"
#include "node/search/keyword_search.h"

namespace miroir::node {

// The callback that vector_search() asks; refers to the index.
Nearest nearest_to(const Index& index, std::string embedder, std::vector<float> target);

// The documents of `among` nearest to another document, vector by vector (the first with the first), best first.
std::vector<std::pair<DocId, float>> nearest_to_document(const Index& index, const std::string& embedder, DocId id,
                                                         const DocIds& among, std::size_t limit);

}  // namespace miroir::node
