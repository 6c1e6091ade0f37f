// The rules that do not look at words: sort by a field, sort by distance, nearest vectors; and the first half of
// exactness, whether an attribute is the query or begins with it.
#pragma once

#include <memory>
#include <string>

#include "node/search/keyword_search.h"
#include "node/search/rules/rule.h"

namespace miroir::node {

std::unique_ptr<RankingRule> make_sort_rule(std::string field, bool ascending);
std::unique_ptr<RankingRule> make_geo_rule(GeoPoint target, bool ascending);
std::unique_ptr<RankingRule> make_vector_rule(Nearest nearest, std::size_t limit);
std::unique_ptr<RankingRule> make_exact_attribute_rule();

}  // namespace miroir::node
