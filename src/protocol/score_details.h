// What each ranking rule gave to one document: typed, as the engine's `_rankingScoreDetails` and back, folded to the
// global score, and compared rule by rule on raw counts (fractions differ between shards, counts do not).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "json/value.h"

namespace miroir::protocol {

struct Rank {  // higher is better; 0 of n: does not match
    std::uint32_t rank = 0;
    std::uint32_t max = 1;
    double score() const { return static_cast<double>(rank) / static_cast<double>(max); }
    bool operator==(const Rank&) const = default;
};

// A rule of which a reply shows only the fraction: the rank is known where the score was made, not where it is read.
struct Fraction {
    std::optional<Rank> rank;
    double score = 0;
    static Fraction of(Rank rank) { return {.rank = rank, .score = rank.score()}; }
    bool operator==(const Fraction&) const = default;
};

struct WordsScore {
    std::uint32_t matching = 0, max = 0;
    bool operator==(const WordsScore&) const = default;
};
struct TypoScore {
    std::uint32_t count = 0, max = 0;
    bool operator==(const TypoScore&) const = default;
};
struct ProximityScore {
    Fraction value;
    bool operator==(const ProximityScore&) const = default;
};
struct AttributeRankScore {
    Fraction value;
    bool operator==(const AttributeRankScore&) const = default;
};
struct WordPositionScore {
    Fraction value;
    bool operator==(const WordPositionScore&) const = default;
};
enum class ExactType : std::uint8_t { NoExactMatch = 1, MatchesStart = 2, ExactMatch = 3 };
struct ExactAttributeScore {
    ExactType type = ExactType::NoExactMatch;
    bool operator==(const ExactAttributeScore&) const = default;
};
struct ExactWordsScore {
    std::uint32_t matching = 0, max = 0;
    bool operator==(const ExactWordsScore&) const = default;
};
struct SortScore {
    std::string field;
    bool ascending = true;
    bool redacted = false;  // shown as <hidden-rule-N>
    json::Value value;      // null, a float, or a normalised text
    bool operator==(const SortScore&) const = default;
};
struct GeoScore {
    double target_lat = 0, target_lng = 0;
    bool ascending = true;
    struct Point {
        double lat = 0, lng = 0;
        bool operator==(const Point&) const = default;
    };
    std::optional<Point> value;
    std::optional<double> distance;  // metres
    bool operator==(const GeoScore&) const = default;
};
struct VectorScore {
    std::optional<float> similarity;
    bool operator==(const VectorScore&) const = default;
};
struct SkippedScore {
    bool operator==(const SkippedScore&) const = default;
};
struct PinScore {
    std::uint32_t position = 0;
    bool operator==(const PinScore&) const = default;
};

using ScoreDetail =
    std::variant<WordsScore, TypoScore, ProximityScore, AttributeRankScore, WordPositionScore, ExactAttributeScore,
                 ExactWordsScore, SortScore, GeoScore, VectorScore, SkippedScore, PinScore>;
using ScoreDetails = std::vector<ScoreDetail>;  // in the order of the rules

// Unified: the setting lists the old rule `attribute`, which shows both halves in one entry.
enum class AttributeShape : std::uint8_t { Unified, Separated };

json::Object to_json(const ScoreDetails& details, AttributeShape shape);
// Reads what to_json() wrote, or a node did; unknown entries fail (the engine is newer than we are).
Result<ScoreDetails> score_details_from_json(const json::Value& details);

// Wrapped32 is what the engine shows: its products overflow for long queries. Exact is the true quotient.
enum class ScoreArithmetic : std::uint8_t { Wrapped32, Exact };
double global_score(const ScoreDetails& details, ScoreArithmetic arithmetic = ScoreArithmetic::Wrapped32);

// One rule against the same rule: greater is better. Unordered: different rules or directions.
std::partial_ordering compare(const ScoreDetail& left, const ScoreDetail& right);
// Rule by rule; the first difference decides. Equivalent: a complete tie, also when one list is a prefix.
std::partial_ordering compare(const ScoreDetails& left, const ScoreDetails& right);
// Numbers before texts in both directions, null last; greater is better.
std::weak_ordering compare_sort_values(bool ascending, const json::Value& left, const json::Value& right);

// The engine's own merge key for federation: runs of rules folded to one score, times the weight.
struct WeightedScore {
    enum class Kind : std::uint8_t { Score, Sort, Geo, Vector } kind = Kind::Score;
    double score = 0;                // Score, Vector
    double slack = 0;                // by how much it may be off, where it is guessed
    bool ascending = true;           // Sort, Geo
    json::Value value;               // Sort
    std::optional<double> distance;  // Geo
};
std::vector<WeightedScore> weighted_scores(const ScoreDetails& details, double weight);
json::Array to_json(const std::vector<WeightedScore>& scores);
// As the engine compares them, its reversed geo order included; greater is better.
std::weak_ordering compare_weighted(const std::vector<WeightedScore>& left, double left_global,
                                    const std::vector<WeightedScore>& right, double right_global);

}  // namespace miroir::protocol
