// The ranking rules of one query of a federation in the form in which queries are compared: without rules that do
// nothing for this query, neighbouring rules about relevancy taken as one. Queries whose forms clash cannot be merged.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "protocol/settings/settings.h"

namespace miroir::protocol {

enum class QueryKind : std::uint8_t { Placeholder, Keyword, Vector };

// A member of `sort`, as far as it matters here.
struct RuleSort {
    std::string field;  // not looked at with `by_place`
    bool ascending = true;
    bool by_place = false;  // _geoPoint(…)
};
std::vector<RuleSort> rule_sorts(const std::vector<std::string>& sort);

class RuleOrder {
public:
    RuleOrder(const std::vector<RankingRule>& rules, const std::optional<std::vector<RuleSort>>& sort, bool all_words,
              QueryKind kind);

    std::size_t constraints() const { return steps_.size(); }

    struct Place {  // of a query in the request
        std::size_t query = 0;
        std::string index;
    };
    // The refusal of the engine if the two cannot be merged.
    std::optional<Error> clash(const Place& here, const RuleOrder& earlier, const Place& there) const;

private:
    enum class Kind : std::uint8_t { Relevancy, Ascending, Descending, AscendingGeo, DescendingGeo };
    struct Source {
        enum class Type : std::uint8_t { Rule, Rules, Sort } type = Type::Rule;
        std::size_t rule = 0;   // Rules: the first
        std::size_t other = 0;  // Rules: the last; Sort: the place in `sort`
    };
    struct Step {
        Source source;
        Kind kind = Kind::Relevancy;
    };
    struct Maker;

    static std::string_view reason(Kind one, Kind other);
    std::string told(const Step& step, const Place& place) const;

    std::vector<RankingRule> rules_;  // canonical
    std::vector<RuleSort> sort_;      // canonical
    std::vector<Step> steps_;
    std::string notes_;
};

}  // namespace miroir::protocol
