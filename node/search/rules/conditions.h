// The rules that walk the query graph differ in what an edge may cost and which documents fulfil it. A condition is
// such an edge's demand: a term (and the one before it) with a cost, a field, or positions.
#pragma once

#include <unordered_map>
#include <vector>

#include "node/search/context.h"
#include "protocol/score_details.h"

namespace miroir::node {

enum class GraphRuleKind : std::uint8_t { Words, Typo, Proximity, AttributeRank, WordPosition, Exactness };

struct Condition {
    std::optional<LocatedSubset> left;  // Proximity only
    LocatedSubset term;
    std::uint32_t value = 0;  // distance, field + 1 (0: none), or whether it must be exact
    std::vector<std::uint16_t> positions;
    bool operator==(const Condition&) const = default;
};

using ConditionId = std::size_t;

class Conditions {
public:
    ConditionId intern(Condition condition);
    const Condition& operator[](ConditionId id) const { return all_[id]; }
    std::size_t size() const { return all_.size(); }

private:
    std::vector<Condition> all_;
    std::unordered_multimap<std::uint64_t, ConditionId> by_hash_;
};

struct EdgeOffer {
    std::uint32_t cost = 0;
    ConditionId condition = 0;
};
std::vector<EdgeOffer> offer_edges(SearchContext& context, GraphRuleKind kind, const LocatedSubset* from,
                                   const LocatedSubset& to, Conditions& conditions);

struct Fulfilled {
    DocIds docs;
    std::optional<LocatedSubset> left;  // what of the terms was used, for the graph of the next rule
    LocatedSubset term;
};
Fulfilled fulfil(SearchContext& context, GraphRuleKind kind, const Condition& condition, const DocIds& universe);

protocol::ScoreDetail score_of(GraphRuleKind kind, protocol::Rank rank);

}  // namespace miroir::node
