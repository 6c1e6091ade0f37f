#include "node/search/rules/graph_rule.h"

#include <algorithm>
#include <map>

#include "node/search/rules/rule_graph.h"

// A bucket joins the documents of all ways of one cost, the cheapest first. The rank of a bucket is counted from the
// dearest way that the graph still offers, so it depends on what the rules before have left of it.

namespace miroir::node {

namespace {

class GraphRule final : public RankingRule {
public:
    GraphRule(GraphRuleKind kind, std::optional<MatchingStrategy> strategy) : kind_(kind), strategy_(strategy) {}

    void start(SearchContext& context, const DocIds& universe, std::shared_ptr<const QueryGraph> query) override;
    std::optional<Bucket> next(SearchContext& context, const DocIds& universe) override;

private:
    struct Known {
        Fulfilled fulfilled;
        std::uint64_t universe_size = 0;
    };
    using SubPath = std::vector<std::pair<ConditionId, DocIds>>;

    LeavingOut leaving_out(SearchContext& context, const QueryGraph& query) const;
    const DocIds& docs_of(SearchContext& context, ConditionId condition, const DocIds& universe);
    bool extend(SearchContext& context, SubPath& path, ConditionId condition, const DocIds& universe);

    GraphRuleKind kind_;
    std::optional<MatchingStrategy> strategy_;
    std::unique_ptr<RuleGraph> graph_;
    std::unique_ptr<DeadEnds> dead_ends_;
    std::map<ConditionId, Known> known_;
    std::vector<std::vector<std::uint64_t>> costs_;
    std::uint64_t next_cost_ = 0;
    std::uint64_t max_rank_ = 0;
    bool edges_removed_ = false;
};

void GraphRule::start(SearchContext& context, const DocIds&, std::shared_ptr<const QueryGraph> query) {
    max_rank_ = 1;
    if (strategy_) {
        const std::size_t words = query->words_in_phrases(context);
        max_rank_ += words > 0 ? words - 1 : 0;
    }
    const LeavingOut may_leave_out = leaving_out(context, *query);
    graph_ = std::make_unique<RuleGraph>(context, kind_, std::move(query), may_leave_out);
    dead_ends_ = std::make_unique<DeadEnds>(graph_->conditions().size());
    known_.clear();
    costs_ = graph_->costs_to_end();
    const auto& all = costs_[QueryGraph::kStart];
    max_rank_ += all.empty() ? 0 : all.back();
    next_cost_ = 0;
}

LeavingOut GraphRule::leaving_out(SearchContext& context, const QueryGraph& query) const {
    LeavingOut result(query.nodes().size());
    if (!strategy_ || *strategy_ == MatchingStrategy::All) return result;
    const std::vector<Bits> order = *strategy_ == MatchingStrategy::Last ? query.removal_order_last(context)
                                                                         : query.removal_order_frequency(context);
    Bits before = query.no_nodes();
    for (const Bits& together : order) {
        together.for_each([&](NodeId node) { result[node] = before; });
        before.unite(together);
    }
    return result;
}

const DocIds& GraphRule::docs_of(SearchContext& context, ConditionId condition, const DocIds& universe) {
    const std::uint64_t size = universe.cardinality();
    const auto [entry, fresh] = known_.try_emplace(condition);
    Known& known = entry->second;
    if (fresh) {
        known.fulfilled = fulfil(context, kind_, graph_->conditions()[condition], universe);
    } else if (known.universe_size != size) {
        known.fulfilled.docs &= universe;
    }
    known.universe_size = size;
    return known.fulfilled.docs;
}

// Adds the condition to the way; false when nothing is left, and then remembers why.
bool GraphRule::extend(SearchContext& context, SubPath& path, ConditionId condition, const DocIds& universe) {
    const DocIds& docs = docs_of(context, condition, universe);
    if (docs.isEmpty()) {
        dead_ends_->forbid(condition);
        graph_->remove_edges(condition);
        edges_removed_ = true;
        return false;
    }
    DocIds both = path.empty() ? docs : path.back().second & docs;
    if (!both.isEmpty()) {
        path.emplace_back(condition, std::move(both));
        return true;
    }
    std::vector<ConditionId> prefix;
    for (const auto& [taken, sub] : path) prefix.push_back(taken);
    dead_ends_->forbid_after(prefix, condition);
    for (std::size_t length = 1; length < path.size(); ++length) {
        if (!docs.intersect(path[length - 1].second)) {
            dead_ends_->forbid_after(std::span(prefix).first(length), condition);
        }
    }
    return false;
}

std::optional<Bucket> GraphRule::next(SearchContext& context, const DocIds& all) {
    const auto& offered = costs_[QueryGraph::kStart];
    const auto cost = std::ranges::lower_bound(offered, next_cost_);
    if (cost == offered.end()) return std::nullopt;
    const std::uint64_t this_cost = *cost;
    next_cost_ = this_cost + 1;

    Bucket bucket;
    bucket.score = score_of(kind_, {.rank = static_cast<std::uint32_t>(max_rank_ - this_cost),
                                    .max = static_cast<std::uint32_t>(max_rank_)});
    DocIds universe = all;
    SubPath sub_path;
    std::vector<std::vector<ConditionId>> good;
    edges_removed_ = false;
    PathWalk walk(*graph_, costs_, *dead_ends_, this_cost, [&](const std::vector<ConditionId>& path) {
        if (universe.isEmpty()) return false;
        std::size_t shared = 0;
        while (shared < path.size() && shared < sub_path.size() && sub_path[shared].first == path[shared]) ++shared;
        sub_path.resize(shared);
        for (std::size_t i = shared; i < path.size(); ++i) {
            if (!extend(context, sub_path, path[i], universe)) return true;
        }
        DocIds docs = universe;
        if (!sub_path.empty()) {
            docs = std::move(sub_path.back().second);
            sub_path.pop_back();
        }
        good.push_back(path);
        bucket.docs |= docs;
        universe -= docs;
        for (auto& [condition, sub] : sub_path) sub -= docs;
        return !universe.isEmpty();
    });
    walk.run();

    std::vector<std::vector<PathStep>> steps;
    for (const auto& path : good) {
        auto& way = steps.emplace_back();
        for (const ConditionId condition : path) {
            const Fulfilled& used = known_.at(condition).fulfilled;
            way.emplace_back(used.left, used.term);
        }
    }
    bucket.query = std::make_shared<const QueryGraph>(QueryGraph::from_paths(steps));
    if (edges_removed_) costs_ = graph_->costs_to_end();
    return bucket;
}

}  // namespace

std::unique_ptr<RankingRule> make_graph_rule(GraphRuleKind kind, std::optional<MatchingStrategy> strategy) {
    return std::make_unique<GraphRule>(kind, strategy);
}

}  // namespace miroir::node
