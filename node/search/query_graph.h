// QueryGraph: all ways to read the query, from Start to End: each word alone, and two or three neighbours joined.
// Rules hand a smaller graph to the next rule: only the ways that found something.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "node/search/bits.h"
#include "node/search/context.h"

namespace miroir::node {

using NodeId = std::size_t;

struct QueryNode {
    enum class Kind : std::uint8_t { Term, Deleted, Start, End };
    Kind kind = Kind::Deleted;
    LocatedSubset term;
    Bits before;
    Bits after;
};

// One step of a way through the graph: a term, with the term before it when the step depended on both.
using PathStep = std::pair<std::optional<LocatedSubset>, LocatedSubset>;

class QueryGraph {
public:
    static constexpr NodeId kStart = 0;
    static constexpr NodeId kEnd = 1;

    // Adds the joined terms behind `terms`, which highlighting wants to know too.
    static QueryGraph from_terms(SearchContext& context, std::vector<LocatedTerm>& terms);
    static QueryGraph from_paths(const std::vector<std::vector<PathStep>>& paths);

    const std::vector<QueryNode>& nodes() const { return nodes_; }
    Bits no_nodes() const { return Bits(nodes_.size()); }
    void remove_keeping_edges(const Bits& nodes);
    // Every node after all that lead to it; only what Start reaches.
    std::vector<NodeId> in_order() const;

    // Which nodes fall away first, second, … under a matching strategy. Phrases and one last term stay.
    std::vector<Bits> removal_order_last(const SearchContext& context) const;
    std::vector<Bits> removal_order_frequency(SearchContext& context) const;
    std::size_t words_in_phrases(const SearchContext& context) const;

private:
    NodeId add(QueryNode::Kind kind, LocatedSubset term = {});
    void connect_neighbours();
    template <class CostOf>
    std::vector<Bits> removal_order(const SearchContext& context, CostOf cost_of) const;

    std::vector<QueryNode> nodes_;
};

}  // namespace miroir::node
