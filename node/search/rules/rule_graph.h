// RuleGraph: a query graph whose edges carry costs and conditions, and the walk over all ways of one cost.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "node/search/query_graph.h"
#include "node/search/rules/conditions.h"
#include "node/search/rules/dead_ends.h"

namespace miroir::node {

struct Edge {
    NodeId to = 0;
    std::uint32_t cost = 0;
    std::optional<ConditionId> condition;  // none: the end, or a term that is left out
    Bits left_out;                         // taking this edge demands that these are left out too
    bool alive = true;
};

// For a node that may be left out: those that must be left out before it.
using LeavingOut = std::vector<std::optional<Bits>>;

class RuleGraph {
public:
    RuleGraph(SearchContext& context, GraphRuleKind kind, std::shared_ptr<const QueryGraph> query,
              const LeavingOut& may_leave_out);

    const QueryGraph& query() const { return *query_; }
    const Conditions& conditions() const { return conditions_; }
    const std::vector<Edge>& edges_of(NodeId node) const { return edges_[node]; }
    void remove_edges(ConditionId condition);
    // Sorted costs of all ways from each node to the end.
    std::vector<std::vector<std::uint64_t>> costs_to_end() const;

private:
    std::shared_ptr<const QueryGraph> query_;
    Conditions conditions_;
    std::vector<std::vector<Edge>> edges_;
};

// Calls `visit` with each way of exactly `cost`, as the conditions on it; false ends the walk. `visit` may remove
// edges and add dead ends.
class PathWalk {
public:
    using Visit = std::function<bool(const std::vector<ConditionId>&)>;
    PathWalk(const RuleGraph& graph, const std::vector<std::vector<std::uint64_t>>& costs, const DeadEnds& dead_ends,
             std::uint64_t cost, Visit visit);
    void run() { visit_node(QueryGraph::kStart); }

private:
    enum class Outcome : std::uint8_t { Stop, Nothing, Found };
    Outcome visit_node(NodeId node);
    Outcome take_free(const Edge& edge);
    Outcome take_condition(const Edge& edge);
    bool fits(NodeId node) const;

    const RuleGraph& graph_;
    const std::vector<std::vector<std::uint64_t>>& costs_;
    const DeadEnds& dead_ends_;
    Visit visit_;
    std::uint64_t budget_;
    std::vector<ConditionId> path_;
    Bits taken_;    // conditions on the way
    Bits visited_;  // nodes not left out
    Bits forbidden_;
    Bits left_out_;
};

}  // namespace miroir::node
