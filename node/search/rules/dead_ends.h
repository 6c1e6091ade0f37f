// What has been learnt about ways that find nothing: after taking these conditions, in this order, those others lead
// nowhere. A tree of prefixes.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "node/search/bits.h"
#include "node/search/rules/conditions.h"

namespace miroir::node {

class DeadEnds {
public:
    explicit DeadEnds(std::size_t conditions) : size_(conditions), forbidden_(conditions) {}

    void forbid(ConditionId condition) { forbidden_.insert(condition); }
    void forbid_after(std::span<const ConditionId> prefix, ConditionId condition);
    // Forbidden anywhere along the prefix.
    Bits forbidden_along(std::span<const ConditionId> prefix) const;
    // Forbidden exactly after the prefix; nullptr when nothing is known about it.
    const Bits* forbidden_after(std::span<const ConditionId> prefix) const;

private:
    const DeadEnds* child(ConditionId condition) const;

    std::size_t size_;
    Bits forbidden_;
    std::vector<std::pair<ConditionId, std::unique_ptr<DeadEnds>>> children_;
};

}  // namespace miroir::node
