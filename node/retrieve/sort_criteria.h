// `sort` as text to criteria: "price:asc", "_geoPoint(48.8, 2.3):desc". Syntax and permission are two steps, since
// the engine refuses the first before it looks at the index.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "node/index/index.h"
#include "node/search/keyword_search.h"

namespace miroir::node {

Result<std::vector<SortCriterion>> parse_sort(const std::vector<std::string>& sort, ErrorCode code);

// In searches `sort` must be among the ranking rules; every field must be sortable.
Result<void> check_sort_in_search(const Index& index, const std::vector<SortCriterion>& sort);
Result<void> check_sort_in_documents(const Index& index, const std::vector<SortCriterion>& sort);

// The point of the first `_geoPoint` of a search's sort: distances are shown from there.
std::optional<GeoPoint> sort_point(const std::vector<std::string>& sort);

}  // namespace miroir::node
