#include "protocol/query/rule_order.h"

#include <gtest/gtest.h>

namespace miroir::protocol {
namespace {

using Sort = std::optional<std::vector<RuleSort>>;

Sort by(std::string field, bool ascending) {
    return std::vector<RuleSort>{{.field = std::move(field), .ascending = ascending}};
}

RuleOrder order(const Sort& sort, QueryKind kind) { return RuleOrder(default_ranking_rules(), sort, false, kind); }

const RuleOrder::Place kFilms{.query = 0, .index = "films"};
const RuleOrder::Place kBooks{.query = 1, .index = "books"};

TEST(RuleOrder, OppositeDirectionsClash) {
    const auto refused = order(by("pages", false), QueryKind::Placeholder)
                             .clash(kBooks, order(by("year", true), QueryKind::Placeholder), kFilms);
    ASSERT_TRUE(refused.has_value());
    EXPECT_EQ(refused->code, ErrorCode::InvalidMultiSearchQueryRankingRules);
    EXPECT_TRUE(refused->message.starts_with(
        "The results of queries #0 and #1 are incompatible: \n"
        "  1. `queries[0].sort[0]`, `films.rankingRules[0]`: ascending sort rule(s) on field `year`\n"
        "  2. `queries[1].sort[0]`, `books.rankingRules[0]`: descending sort rule(s) on field `pages`\n"
        "  - cannot compare two sort rules in opposite directions\n"
        "  - note: The ranking rules of query #0 were modified during canonicalization:\n"
        "    1. Removed relevancy rule `words` at position #0 in ranking rules because"))
        << refused->message;
}

TEST(RuleOrder, SortAgainstWordsClashesWhereTheyMeet) {
    const RuleOrder words = order({}, QueryKind::Keyword);
    EXPECT_EQ(words.constraints(), 1U);  // all relevancy rules are one
    EXPECT_TRUE(order(by("a", true), QueryKind::Placeholder).clash(kBooks, words, kFilms).has_value());
    EXPECT_FALSE(order({}, QueryKind::Placeholder).clash(kBooks, words, kFilms).has_value());
    EXPECT_FALSE(order({}, QueryKind::Keyword).clash(kBooks, words, kFilms).has_value());
}

TEST(RuleOrder, SortSplitsTheRelevancyRules) {
    EXPECT_EQ(order(by("a", true), QueryKind::Keyword).constraints(), 3U);
    EXPECT_EQ(order(by("a", true), QueryKind::Placeholder).constraints(), 1U);
}

}  // namespace
}  // namespace miroir::protocol
