#include "node/search/rules/dead_ends.h"

namespace miroir::node {

const DeadEnds* DeadEnds::child(ConditionId condition) const {
    for (const auto& [taken, ends] : children_) {
        if (taken == condition) return ends.get();
    }
    return nullptr;
}

void DeadEnds::forbid_after(std::span<const ConditionId> prefix, ConditionId condition) {
    DeadEnds* at = this;
    for (const ConditionId taken : prefix) {
        auto* next = const_cast<DeadEnds*>(at->child(taken));
        if (next == nullptr) next = at->children_.emplace_back(taken, std::make_unique<DeadEnds>(size_)).second.get();
        at = next;
    }
    at->forbid(condition);
}

Bits DeadEnds::forbidden_along(std::span<const ConditionId> prefix) const {
    Bits forbidden = forbidden_;
    const DeadEnds* at = this;
    for (const ConditionId taken : prefix) {
        at = at->child(taken);
        if (at == nullptr) break;
        forbidden.unite(at->forbidden_);
    }
    return forbidden;
}

const Bits* DeadEnds::forbidden_after(std::span<const ConditionId> prefix) const {
    const DeadEnds* at = this;
    for (const ConditionId taken : prefix) {
        at = at->child(taken);
        if (at == nullptr) return nullptr;
    }
    return &at->forbidden_;
}

}  // namespace miroir::node
