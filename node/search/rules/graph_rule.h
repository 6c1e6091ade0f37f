// The rules about words (words, typo, proximity, attributeRank, wordPosition, exactness' second half): buckets are the
// ways through the query graph by rising cost.
#pragma once

#include <memory>
#include <optional>

#include "node/search/keyword_search.h"
#include "node/search/rules/conditions.h"
#include "node/search/rules/rule.h"

namespace miroir::node {

// `strategy`: given to the rule that lets words fall away, `words`.
std::unique_ptr<RankingRule> make_graph_rule(GraphRuleKind kind, std::optional<MatchingStrategy> strategy);

}  // namespace miroir::node
