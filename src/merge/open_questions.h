// What the nodes' answers leave open about the order of a page: each node ranks by the words and places that it holds
// itself, and sometimes that shows in the hits.
#pragma once

#include <string_view>
#include <vector>

#include "merge/search_merge.h"

namespace miroir::merge {

// The hits up to the end of the page and the one behind it, in their order.
std::vector<const Hit*> looked_at(const MergedHits& merged);

std::vector<const Hit*> all_hits(std::span<const NodeAnswer> answers);

// Is the hit said to begin with the query, or to be it?
bool begins_with_query(const Hit& hit);

// Is there a hit that is said to begin with the query, or to be it, whose text does not show it, and whose place
// depends on it? A node asks that only of the words of the query that it has indexed. `ties_only`: not when nothing
// ties with it.
bool beginning_is_open(const std::vector<const Hit*>& hits, std::string_view query, bool ties_only);

// By attribute, an engine knows how near words are only of the hits that are best in all rules before: the first ones
// that tie or, with `ties_only` left out, the first of all. Each node has best hits of its own. Are there others, of a
// node that looked at them where one node would not have, or the other way round? `ties_only`: such that tie in these
// rules.
bool nearness_is_open(std::span<const NodeAnswer> answers, const std::vector<const Hit*>& hits, bool ties_only);

// Places less than a metre apart, as seen from where one sorts from, are one place to the engine, that of the first.
enum class PlacesOpen : std::uint8_t { No, Shown, Order };
PlacesOpen places_are_open(const std::vector<const Hit*>& hits);

}  // namespace miroir::merge
