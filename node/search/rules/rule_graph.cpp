#include "node/search/rules/rule_graph.h"

#include <algorithm>

namespace miroir::node {

RuleGraph::RuleGraph(SearchContext& context, GraphRuleKind kind, std::shared_ptr<const QueryGraph> query,
                     const LeavingOut& may_leave_out)
    : query_(std::move(query)), edges_(query_->nodes().size()) {
    const auto& nodes = query_->nodes();
    for (NodeId from = 0; from < nodes.size(); ++from) {
        const LocatedSubset* left = nodes[from].kind == QueryNode::Kind::Term ? &nodes[from].term : nullptr;
        nodes[from].after.for_each([&](NodeId to) {
            if (nodes[to].kind == QueryNode::Kind::End) {
                edges_[from].push_back({.to = to, .left_out = query_->no_nodes()});
                return;
            }
            if (may_leave_out[to]) {
                edges_[from].push_back({.to = to, .cost = nodes[to].term.id_count(), .left_out = *may_leave_out[to]});
            }
            for (const EdgeOffer& offer : offer_edges(context, kind, left, nodes[to].term, conditions_)) {
                edges_[from].push_back(
                    {.to = to, .cost = offer.cost, .condition = offer.condition, .left_out = query_->no_nodes()});
            }
        });
    }
}

void RuleGraph::remove_edges(ConditionId condition) {
    for (auto& edges : edges_) {
        for (Edge& edge : edges) {
            if (edge.condition == condition) edge.alive = false;
        }
    }
}

std::vector<std::vector<std::uint64_t>> RuleGraph::costs_to_end() const {
    std::vector<std::vector<std::uint64_t>> costs(edges_.size());
    costs[QueryGraph::kEnd] = {0};
    auto order = query_->in_order();
    std::ranges::reverse(order);
    for (const NodeId node : order) {
        if (node == QueryGraph::kEnd) continue;
        std::vector<std::uint64_t>& own = costs[node];
        for (const Edge& edge : edges_[node]) {
            if (!edge.alive) continue;
            for (const std::uint64_t rest : costs[edge.to]) own.push_back(rest + edge.cost);
        }
        std::ranges::sort(own);
        const auto again = std::ranges::unique(own);
        own.erase(again.begin(), again.end());
    }
    return costs;
}

PathWalk::PathWalk(const RuleGraph& graph, const std::vector<std::vector<std::uint64_t>>& costs,
                   const DeadEnds& dead_ends, std::uint64_t cost, Visit visit)
    : graph_(graph),
      costs_(costs),
      dead_ends_(dead_ends),
      visit_(std::move(visit)),
      budget_(cost),
      taken_(graph.conditions().size()),
      visited_(graph.query().no_nodes()),
      forbidden_(graph.conditions().size()),
      left_out_(graph.query().no_nodes()) {}

bool PathWalk::fits(NodeId node) const { return std::ranges::binary_search(costs_[node], budget_); }

PathWalk::Outcome PathWalk::visit_node(NodeId node) {
    bool found = false;
    for (const Edge& edge : graph_.edges_of(node)) {
        if (!edge.alive || budget_ < edge.cost) continue;
        budget_ -= edge.cost;
        const Outcome outcome = edge.condition ? take_condition(edge) : take_free(edge);
        budget_ += edge.cost;
        if (outcome == Outcome::Stop) return Outcome::Stop;
        if (outcome == Outcome::Nothing) continue;
        found = true;
        // Dead ends may have been learnt meanwhile; if one lies on the way taken so far, go back at once.
        forbidden_ = dead_ends_.forbidden_along(path_);
        if (taken_.intersects(forbidden_)) return Outcome::Found;
    }
    return found ? Outcome::Found : Outcome::Nothing;
}

PathWalk::Outcome PathWalk::take_free(const Edge& edge) {
    if (!fits(edge.to)) return Outcome::Nothing;
    if (edge.to == QueryGraph::kEnd) return visit_(path_) ? Outcome::Found : Outcome::Stop;
    const Bits before = left_out_;
    left_out_.unite(edge.left_out);
    const Outcome outcome = visit_node(edge.to);
    left_out_ = before;
    return outcome;
}

PathWalk::Outcome PathWalk::take_condition(const Edge& edge) {
    const ConditionId condition = *edge.condition;
    const NodeId to = edge.to;
    if (forbidden_.contains(condition) || left_out_.contains(to) || edge.left_out.intersects(visited_)) {
        return Outcome::Nothing;
    }
    if (!fits(to)) return Outcome::Nothing;
    path_.push_back(condition);
    visited_.insert(to);
    taken_.insert(condition);
    const Bits forbidden_before = forbidden_;
    if (const Bits* more = dead_ends_.forbidden_after(path_)) forbidden_.unite(*more);

    const Outcome outcome = visit_node(to);

    forbidden_ = forbidden_before;
    taken_.remove(condition);
    visited_.remove(to);
    path_.pop_back();
    return outcome;
}

}  // namespace miroir::node
