#include "node/search/query_graph.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "node/search/resolve.h"

namespace miroir::node {

namespace {

constexpr std::size_t kMostJoined = 3;

// Neighbours written as one word; nullopt when they do not touch, or one is a phrase.
std::optional<LocatedTerm> join(SearchContext& context, std::span<const LocatedTerm> terms) {
    std::vector<TextId> parts;
    std::string joined;
    for (std::size_t i = 0; i < terms.size(); ++i) {
        const QueryTerm& term = context.term(terms[i].term);
        if (term.phrase) return std::nullopt;
        if (i > 0 && terms[i - 1].last_position + 1 != terms[i].first_position) return std::nullopt;
        parts.push_back(term.original);
        joined += context.text(term.original);
    }
    if (joined.size() > kLongestWord) return std::nullopt;
    const std::uint8_t allowed = context.typos_allowed(joined);
    const auto spent = static_cast<std::uint8_t>(terms.size() - 1);
    QueryTerm term =
        context.term_of(joined, allowed > spent ? allowed - spent : 0, context.term(terms.back().term).prefix);
    std::vector<std::string> words;
    for (const TextId part : parts) words.push_back(context.text(part));
    const auto& synonyms = context.index().synonyms();
    if (const auto found = synonyms.find(words); found != synonyms.end()) {
        for (const auto& synonym : found->second) {
            Phrase phrase;
            for (const std::string& word : synonym) phrase.words.emplace_back(context.intern(word));
            const PhraseId id = context.intern(std::move(phrase));
            if (std::ranges::find(term.synonyms, id) == term.synonyms.end()) term.synonyms.push_back(id);
        }
    }
    term.ngram = std::move(parts);
    return LocatedTerm{.term = context.add_term(std::move(term)),
                       .first_position = terms.front().first_position,
                       .last_position = terms.back().last_position};
}

LocatedSubset full(const LocatedTerm& term, std::size_t first_id, std::size_t last_id) {
    return {.subset = {.term = term.term},
            .first_position = term.first_position,
            .last_position = term.last_position,
            .first_id = static_cast<std::uint8_t>(first_id),
            .last_id = static_cast<std::uint8_t>(last_id)};
}

TermSubset intersection(TermSubset a, const TermSubset& b) {
    a.zero = std::min(a.zero, b.zero);
    a.one_typo = a.one_typo && b.one_typo;
    a.two_typos = a.two_typos && b.two_typos;
    return a;
}

// A step that depends on the term before it repeats that term: the two become one, narrowed by both.
std::vector<LocatedSubset> terms_of(const std::vector<PathStep>& path) {
    std::vector<LocatedSubset> terms;
    for (const auto& [left, right] : path) {
        if (left) {
            const bool repeats =
                !terms.empty() && terms.back().first_id == left->first_id && terms.back().last_id == left->last_id;
            if (repeats) {
                LocatedSubset merged = *left;
                merged.subset = intersection(left->subset, terms.back().subset);
                terms.back() = merged;
            } else {
                terms.push_back(*left);
            }
        }
        terms.push_back(right);
    }
    return terms;
}

}  // namespace

NodeId QueryGraph::add(QueryNode::Kind kind, LocatedSubset term) {
    nodes_.push_back({.kind = kind, .term = term, .before = Bits(), .after = Bits()});
    return nodes_.size() - 1;
}

QueryGraph QueryGraph::from_terms(SearchContext& context, std::vector<LocatedTerm>& terms) {
    QueryGraph graph;
    graph.add(QueryNode::Kind::Start);
    graph.add(QueryNode::Kind::End);
    const std::vector<LocatedTerm> single = terms;
    for (std::size_t i = 0; i < single.size(); ++i) {
        graph.add(QueryNode::Kind::Term, full(single[i], i, i));
        for (std::size_t count = 2; count <= std::min(i + 1, kMostJoined); ++count) {
            const std::size_t from = i + 1 - count;
            const auto joined = join(context, std::span(single).subspan(from, count));
            if (!joined) continue;
            terms.push_back(*joined);
            graph.add(QueryNode::Kind::Term, full(*joined, from, i));
        }
    }
    graph.connect_neighbours();
    return graph;
}

void QueryGraph::connect_neighbours() {
    for (QueryNode& node : nodes_) node.before = node.after = no_nodes();
    for (NodeId from = 0; from < nodes_.size(); ++from) {
        if (nodes_[from].kind == QueryNode::Kind::End) continue;
        const int end = nodes_[from].kind == QueryNode::Kind::Start ? -1 : nodes_[from].term.last_id;
        constexpr int kEndId = 0x7FFF;
        const auto start_of = [&](NodeId id) {
            return nodes_[id].kind == QueryNode::Kind::End ? kEndId : int{nodes_[id].term.first_id};
        };
        int nearest = kEndId;
        for (NodeId to = 1; to < nodes_.size(); ++to) {
            if (start_of(to) > end) nearest = std::min(nearest, start_of(to));
        }
        for (NodeId to = 1; to < nodes_.size(); ++to) {
            if (start_of(to) != nearest) continue;
            nodes_[from].after.insert(to);
            nodes_[to].before.insert(from);
        }
    }
}

QueryGraph QueryGraph::from_paths(const std::vector<std::vector<PathStep>>& paths) {
    QueryGraph graph;
    graph.add(QueryNode::Kind::Start);
    graph.add(QueryNode::Kind::End);
    // Ways share a node when everything from there to the end is the same.
    std::map<std::vector<std::uint64_t>, NodeId> known;
    std::vector<std::vector<NodeId>> ways;
    for (const auto& path : paths) {
        const std::vector<LocatedSubset> terms = terms_of(path);
        std::vector<std::vector<std::uint64_t>> suffixes(terms.size());
        std::vector<std::uint64_t> suffix;
        for (std::size_t i = terms.size(); i-- > 0;) {
            suffix.push_back(hash_of(terms[i]));
            suffixes[i] = suffix;
        }
        std::vector<NodeId> way;
        for (std::size_t i = 0; i < terms.size(); ++i) {
            const auto [entry, fresh] = known.try_emplace(std::move(suffixes[i]), 0);
            if (fresh) entry->second = graph.add(QueryNode::Kind::Term, terms[i]);
            way.push_back(entry->second);
        }
        ways.push_back(std::move(way));
    }
    for (QueryNode& node : graph.nodes_) node.before = node.after = graph.no_nodes();
    for (const auto& way : ways) {
        NodeId from = kStart;
        for (std::size_t i = 0; i <= way.size(); ++i) {
            const NodeId to = i < way.size() ? way[i] : kEnd;
            graph.nodes_[from].after.insert(to);
            graph.nodes_[to].before.insert(from);
            from = to;
        }
    }
    return graph;
}

void QueryGraph::remove_keeping_edges(const Bits& removed) {
    removed.for_each([&](NodeId id) {
        const Bits before = nodes_[id].before;
        const Bits after = nodes_[id].after;
        before.for_each([&](NodeId from) {
            nodes_[from].after.remove(id);
            nodes_[from].after.unite(after);
        });
        after.for_each([&](NodeId to) {
            nodes_[to].before.remove(id);
            nodes_[to].before.unite(before);
        });
        nodes_[id] = {.kind = QueryNode::Kind::Deleted, .term = {}, .before = no_nodes(), .after = no_nodes()};
    });
}

std::vector<NodeId> QueryGraph::in_order() const {
    std::vector<NodeId> finished;
    std::vector<std::uint8_t> seen(nodes_.size());
    const auto visit = [&](const auto& self, NodeId id) -> void {
        if (seen[id]) return;
        seen[id] = 1;
        nodes_[id].after.for_each([&](NodeId to) { self(self, to); });
        finished.push_back(id);
    };
    visit(visit, kStart);
    std::ranges::reverse(finished);
    return finished;
}

template <class CostOf>
std::vector<Bits> QueryGraph::removal_order(const SearchContext& context, CostOf cost_of) const {
    std::map<std::uint32_t, Bits> by_cost;
    bool something_stays = false;
    for (NodeId id = 0; id < nodes_.size(); ++id) {
        const QueryNode& node = nodes_[id];
        if (node.kind != QueryNode::Kind::Term) continue;
        if (original_phrase(context, node.term.subset) || node.term.subset.mandatory) {
            something_stays = true;
            continue;
        }
        std::uint32_t cost = 0;
        for (std::uint32_t term = node.term.first_id; term <= node.term.last_id; ++term) {
            cost = std::max(cost, cost_of(term));
        }
        by_cost.try_emplace(cost, no_nodes()).first->second.insert(id);
    }
    std::vector<Bits> order;
    for (auto& [cost, nodes] : by_cost) order.push_back(std::move(nodes));
    if (!something_stays && !order.empty()) order.pop_back();
    return order;
}

std::vector<Bits> QueryGraph::removal_order_last(const SearchContext& context) const {
    std::uint32_t first = 0xFF;
    std::uint32_t last = 0;
    for (const QueryNode& node : nodes_) {
        if (node.kind != QueryNode::Kind::Term) continue;
        first = std::min<std::uint32_t>(first, node.term.first_id);
        last = std::max<std::uint32_t>(last, node.term.last_id);
    }
    if (first >= last) return {};
    return removal_order(context, [last](std::uint32_t term) { return 1 + last - term; });
}

std::vector<Bits> QueryGraph::removal_order_frequency(SearchContext& context) const {
    std::map<std::uint32_t, DocIds> docs_of;
    for (const QueryNode& node : nodes_) {
        if (node.kind != QueryNode::Kind::Term) continue;
        const DocIds docs = subset_docs(context, nullptr, node.term.subset);
        for (std::uint32_t term = node.term.first_id; term <= node.term.last_id; ++term) docs_of[term] |= docs;
    }
    // The most frequent first; a term without documents counts as the most frequent of all.
    std::vector<std::pair<std::uint64_t, std::uint32_t>> frequencies;
    for (const auto& [term, docs] : docs_of) {
        frequencies.emplace_back(docs.isEmpty() ? ~std::uint64_t{0} : docs.cardinality(), term);
    }
    std::ranges::sort(frequencies, std::greater());
    std::map<std::uint32_t, std::uint32_t> cost_of;
    std::uint32_t cost = 0;
    std::optional<std::uint64_t> last;
    for (const auto& [frequency, term] : frequencies) {
        if (last != frequency) ++cost;
        last = frequency;
        cost_of[term] = cost;
    }
    return removal_order(context, [&](std::uint32_t term) { return cost_of.at(term); });
}

std::size_t QueryGraph::words_in_phrases(const SearchContext& context) const {
    std::size_t count = 0;
    for (const QueryNode& node : nodes_) {
        if (node.kind != QueryNode::Kind::Term) continue;
        const auto phrase = original_phrase(context, node.term.subset);
        if (!phrase) continue;
        for (const auto& word : context.phrase(*phrase).words) count += word.has_value();
    }
    return count;
}

}  // namespace miroir::node
