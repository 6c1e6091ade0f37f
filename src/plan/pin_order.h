// The documents that dynamic search rules pin, in the order in which one node takes them: by precedence of the rules,
// of equal precedence the rule that was made first. A node shows this order only of the documents that it holds.
#pragma once

#include <memory>
#include <string_view>

#include "merge/pin_order.h"
#include "protocol/instance/rule.h"

namespace miroir::plan {

// Of the rules that are switched on; whether their conditions hold for a query is for the nodes to say. None when fewer
// than two documents are pinned: there is no order then.
std::shared_ptr<const merge::PinOrder> pin_order(const protocol::KeptRules& rules, std::string_view index_uid);

}  // namespace miroir::plan
