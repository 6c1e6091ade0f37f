// What a node has to be sent so that it keeps the dynamic search rules that are kept here. Pure.
#pragma once

#include <vector>

#include "protocol/instance/rule.h"
#include "quorum/write_order.h"

namespace miroir::quorum {

inline constexpr std::string_view kRuleShelf = "rules";  // dynamic search rules by name
inline constexpr std::string_view kRulesTarget = "/dynamic-search-rules";
// The index that the engine names in tasks about rules.
inline IndexUid rule_index() { return {".meili_dsr"}; }

// `shown`: the node's own list. Rules rank in the order in which a node was given them, so where one is missing amid
// others all are given anew. Nothing: the node has what it should.
std::vector<NodeRequest> rule_repair(const protocol::KeptRules& kept, const json::Array& shown);

}  // namespace miroir::quorum
