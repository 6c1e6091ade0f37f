#include "node/retrieve/federated/hybrid.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "node/retrieve/distinct.h"
#include "protocol/score_details.h"

namespace miroir::node {
namespace {

using protocol::ScoreDetails;
using protocol::WeightedScore;
using Kind = WeightedScore::Kind;

constexpr double kGoodEnough = 0.45;

bool is_score(const WeightedScore& score) { return score.kind == Kind::Score || score.kind == Kind::Vector; }

// Greater than zero: the left side is better.
int by_distance(const WeightedScore& left, const WeightedScore& right) {
    if (!left.distance || !right.distance) {
        return static_cast<int>(left.distance.has_value()) - static_cast<int>(right.distance.has_value());
    }
    if (*left.distance == *right.distance) return 0;
    return (*left.distance < *right.distance) == left.ascending ? 1 : -1;
}

int compare_one(const WeightedScore& left, const WeightedScore& right) {
    if (is_score(left) && is_score(right)) {
        if (std::abs(left.score - right.score) <= std::numeric_limits<double>::epsilon()) return 0;
        return left.score > right.score ? 1 : -1;
    }
    if (is_score(left)) return left.score == 0.0 ? -1 : 1;
    if (is_score(right)) return right.score == 0.0 ? 1 : -1;
    if (left.kind == Kind::Geo && right.kind == Kind::Geo) return by_distance(left, right);
    const auto order = protocol::compare_sort_values(left.ascending, left.value, right.value);
    return order > 0 ? 1 : order < 0 ? -1 : 0;
}

int compare(const ScoreDetails& left, float left_share, const ScoreDetails& right, float right_share) {
    const auto ours = protocol::weighted_scores(left, static_cast<double>(left_share));
    const auto theirs = protocol::weighted_scores(right, static_cast<double>(right_share));
    for (std::size_t i = 0; i < std::min(ours.size(), theirs.size()); ++i) {
        if (const int order = compare_one(ours[i], theirs[i]); order != 0) return order;
    }
    return ours.size() == theirs.size() ? 0 : ours.size() > theirs.size() ? 1 : -1;
}

}  // namespace

bool keywords_are_good_enough(const KeywordOutcome& keyword, float semantic_ratio, std::size_t limit) {
    if (keyword.ids.size() < limit) return false;
    const auto share = static_cast<double>(1.0F - semantic_ratio);
    return std::ranges::all_of(keyword.scores, [&](const ScoreDetails& scores) {
        return protocol::global_score(scores) * share >= kGoodEnough;
    });
}

KeywordOutcome merge_hybrid(KeywordOutcome semantic, KeywordOutcome keyword, float semantic_ratio, std::size_t limit,
                            const FacetField* distinct) {
    KeywordOutcome merged;
    DocIds excluded;
    std::size_t s = 0;
    std::size_t k = 0;
    const float keyword_share = 1.0F - semantic_ratio;
    while (merged.ids.size() < limit && (s < semantic.ids.size() || k < keyword.ids.size())) {
        const bool from_semantic = k >= keyword.ids.size() ||
                                   (s < semantic.ids.size() &&
                                    compare(semantic.scores[s], semantic_ratio, keyword.scores[k], keyword_share) >= 0);
        KeywordOutcome& source = from_semantic ? semantic : keyword;
        const std::size_t at = from_semantic ? s++ : k++;
        const DocId id = source.ids[at];
        if (!excluded.addChecked(id)) continue;
        if (distinct != nullptr) exclude_same_values(*distinct, id, excluded);
        merged.ids.push_back(id);
        merged.scores.push_back(std::move(source.scores[at]));
    }
    merged.candidates = semantic.candidates | keyword.candidates;
    if (distinct != nullptr) {
        merged.candidates -= excluded;
        for (const DocId id : merged.ids) merged.candidates.add(id);
    }
    merged.matching_words = std::move(keyword.matching_words);
    return merged;
}

}  // namespace miroir::node
