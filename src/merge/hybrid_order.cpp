#include "merge/hybrid_order.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace miroir::merge {
namespace {

using protocol::WeightedScore;
using Kind = WeightedScore::Kind;

constexpr double kUnknownSteps = 100;  // of a rule whose steps a reply does not tell: enough to keep rules in order

struct Share {
    double value = 1;
    double slack = 0;
};

// A rule of which a fraction is missing has at least so many steps.
double least_steps(const RankEntry& rule) {
    if (rule.steps > 0) return rule.steps;
    return rule.fraction < 1 ? std::max(1.0, 1 / (1 - rule.fraction)) : 1;
}

// Rules one after the other as one share: each rule divides the steps of those before it.
Share folded(RankKey rules) {
    Share share;
    double steps = 1;
    double least = 1;
    for (const RankEntry& rule : rules) {
        const double missing = 1 - rule.fraction;
        share.value -= missing / steps;
        share.slack += std::max(missing / least - missing / steps, least == steps ? 0 : missing / steps);
        steps *= rule.steps > 0 ? rule.steps : kUnknownSteps;
        least *= least_steps(rule);
    }
    return share;
}

WeightedScore value_of(const RankEntry& entry) {
    if (entry.shape == RankEntry::Shape::Distance) {
        WeightedScore out{.kind = Kind::Geo, .ascending = entry.ascending, .value = {}, .distance = {}};
        if (entry.present) out.distance = entry.number;
        return out;
    }
    WeightedScore out{.kind = Kind::Sort, .ascending = entry.ascending, .value = {}, .distance = {}};
    if (entry.present) out.value = entry.is_text ? json::Value(entry.text) : json::Value(entry.number);
    return out;
}

bool is_value(const RankEntry& entry) {
    return entry.shape == RankEntry::Shape::Value || entry.shape == RankEntry::Shape::Distance;
}

bool is_share(const WeightedScore& score) { return score.kind == Kind::Score || score.kind == Kind::Vector; }

// Greater than zero: the left side is better.
int by_distance(const WeightedScore& left, const WeightedScore& right) {
    if (!left.distance || !right.distance) return int{left.distance.has_value()} - int{right.distance.has_value()};
    if (*left.distance == *right.distance) return 0;
    return (*left.distance < *right.distance) == left.ascending ? 1 : -1;
}

int compare_one(const WeightedScore& left, const WeightedScore& right) {
    if (is_share(left) && is_share(right)) {
        if (std::abs(left.score - right.score) <= std::numeric_limits<double>::epsilon()) return 0;
        return left.score > right.score ? 1 : -1;
    }
    // A value against a share: only a share of nothing gives way.
    if (is_share(left)) return left.score == 0.0 ? -1 : 1;
    if (is_share(right)) return right.score == 0.0 ? 1 : -1;
    if (left.kind == Kind::Geo && right.kind == Kind::Geo) return by_distance(left, right);
    const auto order = protocol::compare_sort_values(left.ascending, left.value, right.value);
    return order > 0 ? 1 : order < 0 ? -1 : 0;
}

}  // namespace

std::vector<WeightedScore> weighted_key(const Hit& hit, double weight) {
    RankKey key = hit.key;
    if (!key.empty() && is_value(key.back())) key = key.first(key.size() - 1);
    std::vector<WeightedScore> out;
    const auto add_share = [&](Share share) {
        const Kind kind = hit.semantic ? Kind::Vector : Kind::Score;
        out.push_back(
            {.kind = kind, .score = share.value * weight, .slack = share.slack * weight, .value = {}, .distance = {}});
    };
    std::size_t runs = 0;
    for (std::size_t i = 0; i < key.size(); ++i) runs += !is_value(key[i]) && (i == 0 || is_value(key[i - 1])) ? 1 : 0;
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= key.size(); ++i) {
        if (i < key.size() && !is_value(key[i])) continue;
        if (i > begin) add_share(runs == 1 ? Share{.value = hit.score} : folded(key.subspan(begin, i - begin)));
        if (i < key.size()) out.push_back(value_of(key[i]));
        begin = i + 1;
    }
    return out;
}

bool is_guessed(const std::vector<WeightedScore>& left, const std::vector<WeightedScore>& right) {
    for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
        if (!is_share(left[i]) || !is_share(right[i])) {
            if (compare_one(left[i], right[i]) != 0) return false;
            continue;
        }
        const double slack = left[i].slack + right[i].slack;
        const double apart = std::abs(left[i].score - right[i].score);
        if (slack > 0 && apart <= slack + std::numeric_limits<double>::epsilon()) return true;
        if (apart > std::numeric_limits<double>::epsilon()) return false;
    }
    return false;
}

HybridOrder hybrid_order(const Hit& vector, const Hit& words, double ratio) {
    const float rest = 1.0F - static_cast<float>(ratio);  // in the engine's arithmetic
    const auto ours = weighted_key(vector, ratio);
    const auto theirs = weighted_key(words, static_cast<double>(rest));
    for (std::size_t i = 0; i < std::min(ours.size(), theirs.size()); ++i) {
        if (const int order = compare_one(ours[i], theirs[i]); order != 0) return {order > 0, is_guessed(ours, theirs)};
    }
    return {ours.size() >= theirs.size(), is_guessed(ours, theirs)};
}

}  // namespace miroir::merge
