#include "node/search/rules/conditions.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/assert.h"
#include "node/search/resolve.h"
#include "node/search/rules/proximity.h"

namespace miroir::node {

namespace {

constexpr std::uint32_t kWorstPosition = 10;

std::uint32_t extra_words(const LocatedSubset& term) { return term.id_count() - 1; }

std::vector<EdgeOffer> typo_edges(SearchContext& context, const LocatedSubset& to, Conditions& conditions) {
    // Joining two words costs as much as two typos, three as much as three.
    const std::uint32_t base = to.id_count() == 1 ? 0 : to.id_count();
    std::vector<EdgeOffer> edges;
    const std::uint32_t most = most_typos(context, to.subset);
    for (std::uint32_t typos = 0; typos <= most; ++typos) {
        Condition condition{.term = to, .value = typos};
        TermSubset& subset = condition.term.subset;
        if (typos != 0) subset.zero = TermSubset::Zero::Nothing;
        if (typos != 1) subset.one_typo = false;
        if (typos != 2) subset.two_typos = false;
        edges.push_back({.cost = base + typos, .condition = conditions.intern(std::move(condition))});
    }
    return edges;
}

std::vector<EdgeOffer> proximity_edges(const LocatedSubset* from, const LocatedSubset& to, Conditions& conditions) {
    const std::uint32_t base = extra_words(to);
    // Not neighbours (a word between them fell away): only the term itself is asked for.
    if (from == nullptr || from->last_position + 1 != to.first_position) {
        return {{.cost = base, .condition = conditions.intern({.term = to})}};
    }
    std::vector<EdgeOffer> edges;
    for (std::uint32_t cost = base; cost < kFarApart - 1 + base; ++cost) {
        edges.push_back({.cost = cost, .condition = conditions.intern({.left = *from, .term = to, .value = cost + 1})});
    }
    edges.push_back({.cost = kFarApart - 1 + base, .condition = conditions.intern({.term = to})});
    return edges;
}

std::vector<EdgeOffer> field_edges(SearchContext& context, const LocatedSubset& to, Conditions& conditions) {
    std::set<FieldId> fields;
    const auto include = [&](const std::vector<FieldId>& more) { fields.insert(more.begin(), more.end()); };
    for (const Word word : words_of(context, to.subset)) include(context.fields_of(word.text));
    for (const PhraseId phrase : phrases_of(context, to.subset)) {
        for (const auto& word : context.phrase(phrase).words) {
            if (word) include(context.fields_of(*word));
        }
    }
    if (const auto prefix = prefix_of(context, to.subset)) include(context.fields_of_prefix(prefix->text));

    std::vector<EdgeOffer> edges;
    std::uint32_t heaviest = 0;
    for (const FieldId field : fields) {
        const auto weight = context.index().roles()[field].weight;
        if (!weight) continue;
        heaviest = std::max<std::uint32_t>(heaviest, *weight);
        edges.push_back(
            {.cost = *weight * to.id_count(), .condition = conditions.intern({.term = to, .value = field + 1U})});
    }
    // The heaviest possible cost is always on offer, so that the best score does not depend on where the word occurs.
    if (const auto& names = context.settings().searchable_attributes) {
        const auto last = names->empty() ? 0U : static_cast<std::uint32_t>(names->size() - 1);
        if (heaviest < last)
            edges.push_back({.cost = last * to.id_count(), .condition = conditions.intern({.term = to})});
    }
    return edges;
}

std::uint32_t cost_of_distance(std::uint32_t distance) {
    static constexpr std::uint32_t kLast[] = {0, 1, 4, 7, 11, 16, 24, 64, 256, 1024};
    for (std::uint32_t cost = 0; cost < kWorstPosition; ++cost) {
        if (distance <= kLast[cost]) return cost;
    }
    return kWorstPosition;
}

std::vector<EdgeOffer> position_edges(SearchContext& context, const LocatedSubset& to, Conditions& conditions) {
    std::set<std::uint16_t> positions;
    const auto include = [&](const std::vector<std::uint16_t>& more) { positions.insert(more.begin(), more.end()); };
    for (const Word word : words_of(context, to.subset)) include(context.positions_of(word.text));
    for (const PhraseId phrase : phrases_of(context, to.subset)) {
        for (const auto& word : context.phrase(phrase).words) {
            if (!word) continue;
            include(context.positions_of(*word));
            break;
        }
    }
    if (const auto prefix = prefix_of(context, to.subset)) include(context.positions_of_prefix(prefix->text));

    std::map<std::uint32_t, std::vector<std::uint16_t>> by_cost;
    for (const std::uint16_t position : positions) {
        const std::uint32_t distance =
            position > to.first_position ? position - to.first_position : to.first_position - position;
        std::uint32_t cost = 0;
        for (std::uint32_t i = 0; i < to.id_count(); ++i) cost += cost_of_distance(distance + i);
        by_cost[cost].push_back(position);
    }
    by_cost.try_emplace(to.id_count() * kWorstPosition);
    std::vector<EdgeOffer> edges;
    for (auto& [cost, at] : by_cost) {
        edges.push_back(
            {.cost = cost, .condition = conditions.intern({.term = to, .value = 0, .positions = std::move(at)})});
    }
    return edges;
}

DocIds exact_docs(SearchContext& context, const LocatedSubset& term, const DocIds& universe) {
    const auto exact = exact_term(context, term.subset);
    if (!exact) return {};
    if (exact->phrase) return context.phrase_docs(*exact->phrase) & universe;
    return context.word_docs(&universe, {.text = exact->word});
}

LocatedSubset only_exact(const SearchContext& context, LocatedSubset term) {
    if (exact_term(context, term.subset)) {
        term.subset.zero = TermSubset::Zero::ExactOnly;
        term.subset.one_typo = false;
        term.subset.two_typos = false;
    }
    term.subset.mandatory = true;
    return term;
}

}  // namespace

ConditionId Conditions::intern(Condition condition) {
    std::uint64_t hash = hash_of(condition.term) * 31 + condition.value;
    if (condition.left) hash = hash * 31 + hash_of(*condition.left);
    for (const std::uint16_t position : condition.positions) hash = hash * 31 + position;
    const auto [from, to] = by_hash_.equal_range(hash);
    for (auto known = from; known != to; ++known) {
        if (all_[known->second] == condition) return known->second;
    }
    all_.push_back(std::move(condition));
    by_hash_.emplace(hash, all_.size() - 1);
    return all_.size() - 1;
}

std::vector<EdgeOffer> offer_edges(SearchContext& context, GraphRuleKind kind, const LocatedSubset* from,
                                   const LocatedSubset& to, Conditions& conditions) {
    switch (kind) {
        case GraphRuleKind::Words: return {{.cost = 0, .condition = conditions.intern({.term = to})}};
        case GraphRuleKind::Typo: return typo_edges(context, to, conditions);
        case GraphRuleKind::Proximity: return proximity_edges(from, to, conditions);
        case GraphRuleKind::AttributeRank: return field_edges(context, to, conditions);
        case GraphRuleKind::WordPosition: return position_edges(context, to, conditions);
        case GraphRuleKind::Exactness:
            return {{.cost = 0, .condition = conditions.intern({.term = to, .value = 1})},
                    {.cost = to.id_count(), .condition = conditions.intern({.term = to, .value = 0})}};
    }
    MIROIR_ASSERT(false);
}

Fulfilled fulfil(SearchContext& context, GraphRuleKind kind, const Condition& condition, const DocIds& universe) {
    Fulfilled result{.docs = {}, .left = std::nullopt, .term = condition.term};
    const TermSubset& subset = condition.term.subset;
    switch (kind) {
        case GraphRuleKind::Words:
        case GraphRuleKind::Typo: result.docs = subset_docs(context, &universe, subset); break;
        case GraphRuleKind::Proximity:
            if (!condition.left) {
                result.docs = subset_docs(context, &universe, subset);
            } else {
                result.docs = near_docs(context, *condition.left, condition.term, condition.value, universe);
                result.left = condition.left;
            }
            break;
        case GraphRuleKind::AttributeRank:
            if (condition.value > 0) {
                const auto field = static_cast<FieldId>(condition.value - 1);
                result.docs = subset_docs_in_field(context, universe, subset, field);
            }
            break;
        case GraphRuleKind::WordPosition:
            for (const std::uint16_t at : condition.positions) {
                result.docs |= subset_docs_at(context, universe, subset, at);
            }
            break;
        case GraphRuleKind::Exactness:
            if (condition.value == 0) {
                result.docs = subset_docs(context, &universe, subset);
            } else {
                result.docs = exact_docs(context, condition.term, universe);
                result.term = only_exact(context, condition.term);
            }
            break;
    }
    return result;
}

protocol::ScoreDetail score_of(GraphRuleKind kind, protocol::Rank rank) {
    switch (kind) {
        case GraphRuleKind::Words: return protocol::WordsScore{.matching = rank.rank, .max = rank.max};
        case GraphRuleKind::Typo: return protocol::TypoScore{.count = rank.max - rank.rank, .max = rank.max - 1};
        case GraphRuleKind::Proximity: return protocol::ProximityScore{protocol::Fraction::of(rank)};
        case GraphRuleKind::AttributeRank: return protocol::AttributeRankScore{protocol::Fraction::of(rank)};
        case GraphRuleKind::WordPosition: return protocol::WordPositionScore{protocol::Fraction::of(rank)};
        case GraphRuleKind::Exactness: return protocol::ExactWordsScore{.matching = rank.rank - 1, .max = rank.max - 1};
    }
    MIROIR_ASSERT(false);
}

}  // namespace miroir::node
