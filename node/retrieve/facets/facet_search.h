// Values of one facet that begin like a text, typos allowed, with the number of candidates that have them. Only texts
// are found. The spelling shown is that of the first document of the whole index.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "node/index/index.h"

namespace miroir::node {

struct FacetHit {
    std::string value;
    std::uint64_t count = 0;
    bool operator==(const FacetHit&) const = default;
};

// Refuses a facet whose rule does not allow facet search; facetSearch switched off altogether.
Result<void> check_facet_search(const Index& index, std::string_view facet);

std::vector<FacetHit> search_facet(const Index& index, std::string_view facet, const std::optional<std::string>& query,
                                   const DocIds& candidates);

}  // namespace miroir::node
