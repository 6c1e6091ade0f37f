// The folded scores and the comparisons. How details look as JSON stands in score_details_json.cpp.
#include "protocol/score_details.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace miroir::protocol {

namespace {

template <class... Ts>
struct Overloaded : Ts... {
    using Ts::operator()...;
};

// Words of which none matches exactly still have the last rank, 1.
Rank exact_words_rank(const ExactWordsScore& score) { return {.rank = score.matching + 1, .max = score.max + 1}; }

std::optional<Rank> rank_of(const ScoreDetail& detail) {
    return std::visit(Overloaded{
                          [](const WordsScore& s) { return std::optional(Rank{.rank = s.matching, .max = s.max}); },
                          [](const TypoScore& s) {
                              const std::uint32_t max = s.max + 1;
                              return std::optional(Rank{.rank = max > s.count ? max - s.count : 0, .max = max});
                          },
                          [](const ProximityScore& s) { return s.value.rank; },
                          [](const AttributeRankScore& s) { return s.value.rank; },
                          [](const WordPositionScore& s) { return s.value.rank; },
                          [](const ExactAttributeScore& s) {
                              return std::optional(Rank{.rank = static_cast<std::uint32_t>(s.type), .max = 3});
                          },
                          [](const ExactWordsScore& s) { return std::optional(exact_words_rank(s)); },
                          [](const SkippedScore&) { return std::optional(Rank{.rank = 0, .max = 1}); },
                          [](const auto&) { return std::optional<Rank>(); },
                      },
                      detail);
}

// The next rule splits the step below the last rank. Products wrap around 32 bits, as the engine's do.
Rank wrapped_fold(Rank outer, Rank inner) {
    const std::uint32_t below = outer.rank == 0 ? 0 : outer.rank - 1;
    return {.rank = below * inner.max + inner.rank, .max = outer.max * inner.max};
}

struct ExactFold {
    double rank = 1;
    double max = 1;
    void add(Rank inner) {
        rank = std::max(rank - 1, 0.0) * inner.max + inner.rank;
        max *= inner.max;
    }
};

std::partial_ordering ordered(double left, double right) {
    if (left == right) return std::partial_ordering::equivalent;
    return left < right ? std::partial_ordering::less : std::partial_ordering::greater;
}

// Nothing is worse than something.
template <class T, class Compare>
std::partial_ordering with_missing(const std::optional<T>& left, const std::optional<T>& right, Compare compare) {
    if (!left && !right) return std::partial_ordering::equivalent;
    if (!left) return std::partial_ordering::less;
    if (!right) return std::partial_ordering::greater;
    return compare(*left, *right);
}

struct SameRule {
    std::partial_ordering operator()(const WordsScore& l, const WordsScore& r) const {
        return l.matching <=> r.matching;
    }
    std::partial_ordering operator()(const TypoScore& l, const TypoScore& r) const { return r.count <=> l.count; }
    std::partial_ordering operator()(const ProximityScore& l, const ProximityScore& r) const {
        return ordered(l.value.score, r.value.score);
    }
    std::partial_ordering operator()(const AttributeRankScore& l, const AttributeRankScore& r) const {
        return ordered(l.value.score, r.value.score);
    }
    std::partial_ordering operator()(const WordPositionScore& l, const WordPositionScore& r) const {
        return ordered(l.value.score, r.value.score);
    }
    std::partial_ordering operator()(const ExactAttributeScore& l, const ExactAttributeScore& r) const {
        return l.type <=> r.type;
    }
    std::partial_ordering operator()(const ExactWordsScore& l, const ExactWordsScore& r) const {
        return l.matching <=> r.matching;
    }
    std::partial_ordering operator()(const SortScore& l, const SortScore& r) const {
        if (l.ascending != r.ascending || l.field != r.field) return std::partial_ordering::unordered;
        return compare_sort_values(l.ascending, l.value, r.value);
    }
    std::partial_ordering operator()(const GeoScore& l, const GeoScore& r) const {
        if (l.ascending != r.ascending) return std::partial_ordering::unordered;
        return with_missing(l.distance, r.distance, [&l](double left, double right) {
            return l.ascending ? ordered(right, left) : ordered(left, right);
        });
    }
    std::partial_ordering operator()(const VectorScore& l, const VectorScore& r) const {
        return with_missing(l.similarity, r.similarity, [](float left, float right) { return ordered(left, right); });
    }
    std::partial_ordering operator()(const SkippedScore&, const SkippedScore&) const {
        return std::partial_ordering::equivalent;
    }
    // A pin says where a hit stands, not how good it is.
    std::partial_ordering operator()(const PinScore&, const PinScore&) const {
        return std::partial_ordering::equivalent;
    }
    template <class L, class R>
    std::partial_ordering operator()(const L&, const R&) const {
        return std::partial_ordering::unordered;
    }
};

bool nearly_equal(double left, double right) {
    return std::abs(left - right) <= std::numeric_limits<double>::epsilon();
}

std::partial_ordering compare_step(const WeightedScore& left, const WeightedScore& right) {
    using Kind = WeightedScore::Kind;
    const auto is_score = [](Kind kind) { return kind == Kind::Score || kind == Kind::Vector; };
    if (is_score(left.kind) && is_score(right.kind)) {
        if (nearly_equal(left.score, right.score)) return std::partial_ordering::equivalent;
        return ordered(left.score, right.score);
    }
    if (left.kind != right.kind || left.ascending != right.ascending) return std::partial_ordering::unordered;
    if (left.kind == Kind::Sort) return compare_sort_values(left.ascending, left.value, right.value);
    // The engine forgets the direction here: farther is always better.
    return with_missing(left.distance, right.distance, [](double l, double r) {
        return nearly_equal(l, r) ? std::partial_ordering::equivalent : ordered(l, r);
    });
}

std::weak_ordering as_weak(std::partial_ordering order) {
    if (order == std::partial_ordering::less) return std::weak_ordering::less;
    if (order == std::partial_ordering::greater) return std::weak_ordering::greater;
    return std::weak_ordering::equivalent;
}

}  // namespace

double global_score(const ScoreDetails& details, ScoreArithmetic arithmetic) {
    Rank wrapped{.rank = 1, .max = 1};
    ExactFold exact;
    std::optional<double> semantic;
    for (const ScoreDetail& detail : details) {
        if (const auto* vector = std::get_if<VectorScore>(&detail)) semantic = vector->similarity.value_or(0.0F);
        if (const auto rank = rank_of(detail)) {
            wrapped = wrapped_fold(wrapped, *rank);
            exact.add(*rank);
        }
    }
    if (semantic) return *semantic;
    return arithmetic == ScoreArithmetic::Exact ? exact.rank / exact.max : wrapped.score();
}

std::partial_ordering compare(const ScoreDetail& left, const ScoreDetail& right) {
    return std::visit(SameRule{}, left, right);
}

std::partial_ordering compare(const ScoreDetails& left, const ScoreDetails& right) {
    const std::size_t common = std::min(left.size(), right.size());
    for (std::size_t i = 0; i < common; ++i) {
        if (const auto order = compare(left[i], right[i]); order != std::partial_ordering::equivalent) return order;
    }
    return std::partial_ordering::equivalent;
}

std::weak_ordering compare_sort_values(bool ascending, const json::Value& left, const json::Value& right) {
    if (left.is_null() || right.is_null()) return !left.is_null() <=> !right.is_null();
    if (left.is_number() != right.is_number()) return left.is_number() <=> right.is_number();
    const auto directed = [ascending](std::partial_ordering order) { return as_weak(ascending ? 0 <=> order : order); };
    if (left.is_number()) return directed(ordered(left.number(), right.number()));
    if (left.is_string() && right.is_string()) return directed(left.string() <=> right.string());
    return std::weak_ordering::equivalent;
}

std::vector<WeightedScore> weighted_scores(const ScoreDetails& details, double weight) {
    std::vector<WeightedScore> out;
    std::optional<Rank> run;
    const auto end_run = [&out, &run, weight] {
        if (run) out.push_back({.kind = WeightedScore::Kind::Score, .score = run->score() * weight});
        run.reset();
    };
    for (const ScoreDetail& detail : details) {
        if (const auto rank = rank_of(detail)) {
            run = run ? wrapped_fold(*run, *rank) : *rank;
        } else if (const auto* sort = std::get_if<SortScore>(&detail)) {
            end_run();
            out.push_back({.kind = WeightedScore::Kind::Sort, .ascending = sort->ascending, .value = sort->value});
        } else if (const auto* geo = std::get_if<GeoScore>(&detail)) {
            end_run();
            out.push_back({.kind = WeightedScore::Kind::Geo, .ascending = geo->ascending, .distance = geo->distance});
        } else if (const auto* vector = std::get_if<VectorScore>(&detail)) {
            end_run();
            const double similarity = vector->similarity.value_or(0.0F);
            out.push_back({.kind = WeightedScore::Kind::Vector, .score = similarity * weight});
        }
    }
    end_run();
    return out;
}

std::weak_ordering compare_weighted(const std::vector<WeightedScore>& left, double left_global,
                                    const std::vector<WeightedScore>& right, double right_global) {
    const std::size_t common = std::min(left.size(), right.size());
    for (std::size_t i = 0; i < common; ++i) {
        const auto order = compare_step(left[i], right[i]);
        if (order == std::partial_ordering::equivalent) continue;
        if (order != std::partial_ordering::unordered) return as_weak(order);
        // Different kinds of rules: more of them left wins, then the score of the whole.
        if (left.size() != right.size()) return left.size() <=> right.size();
        return as_weak(ordered(left_global, right_global));
    }
    return left.size() <=> right.size();
}

}  // namespace miroir::protocol
