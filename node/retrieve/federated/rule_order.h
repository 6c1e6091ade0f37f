// The ranking rules of one query of a federation in the form in which queries are compared: without rules that do
// nothing for this query, neighbouring rules about relevancy taken as one. Queries whose forms clash cannot be merged.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "node/search/keyword_search.h"
#include "protocol/settings/settings.h"

namespace miroir::node {

enum class QueryKind { Placeholder, Keyword, Vector };

class RuleOrder {
public:
    RuleOrder(const std::vector<protocol::RankingRule>& rules, const std::optional<std::vector<SortCriterion>>& sort,
              bool all_words, QueryKind kind);

    std::size_t constraints() const { return steps_.size(); }

    struct Place {  // of a query in the request
        std::size_t query = 0;
        std::string index;
    };
    // The refusal of the engine if the two cannot be merged.
    std::optional<Error> clash(const Place& here, const RuleOrder& earlier, const Place& there) const;

private:
    enum class Kind { Relevancy, Ascending, Descending, AscendingGeo, DescendingGeo };
    struct Source {
        enum class Type { Rule, Rules, Sort } type = Type::Rule;
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

    std::vector<protocol::RankingRule> rules_;  // canonical
    std::vector<SortCriterion> sort_;           // canonical
    std::vector<Step> steps_;
    std::string notes_;
};

}  // namespace miroir::node
