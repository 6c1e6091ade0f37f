#include "protocol/filter/filter.h"

#include <gtest/gtest.h>

#include "json/parse.h"
#include "json/write.h"

namespace miroir::protocol {
namespace {

constexpr ErrorCode kCode = ErrorCode::InvalidSearchFilter;

std::string outcome(std::string_view expression) {
    const auto filter = parse_filter_expression(expression, kCode);
    if (!filter) return filter.error().message;
    return *filter ? to_expression(**filter) : "none";
}

TEST(Filter, ExpressionsBecomeTrees) {
    const std::pair<std::string_view, std::string_view> kCases[] = {
        {"", "none"},
        {" \t ", "none"},
        {"kind = mug", R"("kind" = "mug")"},
        {"a=1 AND b>=2 OR NOT c != 'x y'", R"((("a" = "1") AND ("b" >= "2")) OR (NOT ("c" != "x y")))"},
        {"NOT NOT a EXISTS", R"("a" EXISTS)"},
        {"a NOT IN [x, \"y\",]", R"(NOT ("a" IN ["x", "y"]))"},
        {"a IN []", R"("a" IN [])"},
        {"a 3 TO 5", R"("a" "3" TO "5")"},
        {"a IS NOT NULL AND b IS EMPTY", R"((NOT ("a" IS NULL)) AND ("b" IS EMPTY))"},
        {"a NOT STARTS WITH b", R"(NOT ("a" STARTS WITH "b"))"},
        {"a CONTAINS 'it\\'s'", R"("a" CONTAINS "it's")"},
        {"_geoRadius(1, -2.5, 3e2)", "_geoRadius(1, -2.5, 3e2)"},
        {"_geoBoundingBox([1,2],[3,4])", "_geoBoundingBox([1, 2], [3, 4])"},
        {"_geoPolygon([1,2],[3,4],[5,6],)", "_geoPolygon([1, 2], [3, 4], [5, 6])"},
        {"_vectors.a.userProvided NOT EXISTS", R"(NOT (_vectors."a".userProvided EXISTS))"},
        {"_foreign(a, b = 1)", R"(_foreign("a", "b" = "1"))"},
    };
    for (const auto& [expression, expected] : kCases) EXPECT_EQ(outcome(expression), expected) << expression;
}

TEST(Filter, RefusalsAreTheEnginesSentences) {
    const std::string operations =
        "Was expecting an operation `=`, `!=`, `>=`, `>`, `<=`, `<`, `IN`, `NOT IN`, `TO`, `EXISTS`, `NOT EXISTS`, "
        "`IS NULL`, `IS NOT NULL`, `IS EMPTY`, `IS NOT EMPTY`, `CONTAINS`, `NOT CONTAINS`, `STARTS WITH`, `NOT STARTS "
        "WITH`, `_geoRadius`, `_geoBoundingBox` or `_geoPolygon` ";
    const std::pair<std::string_view, std::string> kCases[] = {
        {"kind mug", operations + "at `kind mug`.\n1:9 kind mug"},
        {"kind = mug AND", operations + "but instead got nothing.\n15:15 kind = mug AND"},
        {"kind =", "Was expecting a value but instead got nothing.\n7:7 kind ="},
        {"(kind = mug", "Expression `(kind = mug` is missing the following closing delimiter: `)`.\n1:12 (kind = mug"},
        {"kind = 'mug", "Expression `\\'mug` is missing the following closing delimiter: `'`.\n8:12 kind = 'mug"},
        {"kind = mug price",
         "Found unexpected characters at the end of the filter: `price`. You probably forgot an `OR` or an `AND` "
         "rule.\n12:17 kind = mug price"},
        {"kind = NOT",
         "Was expecting a value but instead got `NOT`, which is a reserved keyword. To use `NOT` as a field name or a "
         "value, surround it by quotes.\n8:11 kind = NOT"},
        {"kind IN mug", "Expected `[` after `IN` keyword.\n9:12 kind IN mug"},
        {"kind IN [mug", "Expected matching `]` after the list of field names given to `IN[`\n13:13 kind IN [mug"},
        {"_geoRadius(1, 2)",
         "Was expecting 3 or 4 arguments for `_geoRadius`, but instead found 2.\n17:17 _geoRadius(1, 2)"},
        {"é = 🦀", "Was expecting a value but instead got `🦀`.\n5:6 é = 🦀"},
        {"_vectors.a.userProvide EXISTS",
         "Was expecting one of `fragments`, `userProvided`, `documentTemplate`, `regenerate` or nothing, but instead "
         "found `userProvide`. Did you mean `userProvided`?\n12:23 _vectors.a.userProvide EXISTS"},
        {"a = '\\x4'", "The filter is incomplete and requires Unknown additional bytes to be parsed.\n1:10 a = '\\x4'"},
    };
    for (const auto& [expression, expected] : kCases) EXPECT_EQ(outcome(expression), expected) << expression;
}

TEST(Filter, DepthIsBounded) {
    const auto nested = [](int depth) {
        return std::string(static_cast<std::size_t>(depth), '(') + "a = 1" +
               std::string(static_cast<std::size_t>(depth), ')');
    };
    EXPECT_EQ(outcome(nested(36)), R"("a" = "1")");
    EXPECT_TRUE(outcome(nested(40)).starts_with("The filter exceeded the maximum depth limit."));
    EXPECT_TRUE(outcome(nested(100000)).starts_with("The filter exceeded the maximum depth limit."));
}

TEST(Filter, ArraysAreAndOfOr) {
    const std::pair<std::string_view, std::string_view> kCases[] = {
        {R"([["a = 1", "b = 2"], "c = 3"])", R"((("a" = "1") OR ("b" = "2")) AND ("c" = "3"))"},
        {R"([["a = 1"], ""])", R"("a" = "1")"},
        {R"([])", "none"},
        {R"(12)", "Invalid syntax for the filter parameter: `expected String, Array, found: 12`."},
        {R"([3])", "Invalid syntax for the filter parameter: `expected String, [String], found: 3`."},
        {R"(["a =", [["b"]]])", R"(Invalid syntax for the filter parameter: `expected String, found: ["b"]`.)"},
    };
    for (const auto& [text, expected] : kCases) {
        const auto filter = parse_filter(*json::parse(text), kCode);
        EXPECT_EQ(!filter ? filter.error().message : *filter ? to_expression(**filter) : "none", expected) << text;
    }
}

TEST(Filter, ClausesAreAddedWithoutTouchingTheClientsText) {
    EXPECT_EQ(json::to_text(and_filters(json::Value("a = 1 OR b = 2"), "s = 3")), R"(["a = 1 OR b = 2","s = 3"])");
    EXPECT_EQ(json::to_text(and_filters(json::parse(R"([["a"],"b"])").value(), "s")), R"([["a"],"b","s"])");
    EXPECT_EQ(json::to_text(and_filters(std::nullopt, "s")), R"(["s"])");
}

Filter parsed(std::string_view expression) { return **parse_filter_expression(expression, kCode); }

TEST(Filter, AttributesMustBeFilterable) {
    const std::vector<FilterableRule> rules = {FilterableRule::plain("price"), FilterableRule::plain("kind")};
    const auto refused = check_filterable(**reparsed(parsed("colour = red"), kCode), rules, kCode);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message,
              "Attribute `colour` is not filterable. Available filterable attribute patterns are: `kind`, "
              "`price`.\n2:8 \"colour\" = \"red\"");
    EXPECT_TRUE(check_filterable(parsed("kind.deep = 1 AND NOT price > 2"), rules, kCode));
    // Of several, the engine names the last.
    EXPECT_TRUE(check_filterable(parsed("a = 1 AND b = 2"), {}, kCode).error().message.starts_with("Attribute `b` "));
    EXPECT_EQ(check_geo(parsed("_geoRadius(1, 2, 3)"), rules, kCode).error().message,
              "Attribute `_geo/_geojson` is not filterable. Available filterable attribute patterns are: `kind`, "
              "`price`.\n12:13 _geoRadius(1, 2, 3)");
}

TEST(Filter, OperatorsFollowTheRule) {
    const MatchedRule rule{.position = 1, .features = {.equality = true, .comparison = false}};
    EXPECT_TRUE(check_operator("codename", FilterOp::Equal, rule, kCode));
    EXPECT_EQ(check_operator("codename", FilterOp::Greater, rule, kCode).error().message,
              "Filter operator `>` is not allowed for the attribute `codename`.\n  - Note: allowed operators: OR, AND, "
              "NOT, =, !=, IN, IS EMPTY, IS NULL, EXISTS.\n  - Note: field `codename` matched rule #1 in "
              "`filterableAttributes`\n  - Hint: enable comparison in rule #1 by modifying the features.filter object\n"
              "  - Hint: prepend another rule matching `codename` with appropriate filter features before rule #1");
}

TEST(Filter, GatesAndCoordinates) {
    EXPECT_EQ(check_filter_gates(parsed("kind CONTAINS mu"), {}).error().message,
              "Using `CONTAINS` in a filter requires enabling the `contains filter` experimental feature. See "
              "https://github.com/orgs/meilisearch/discussions/763\n6:14 kind CONTAINS mu");
    EXPECT_TRUE(check_filter_gates(parsed("kind CONTAINS mu"), {.contains_filter = true}));
    const std::vector<FilterableRule> geo = {FilterableRule::plain("_geo")};
    EXPECT_TRUE(check_geo(parsed("_geoRadius(90, 180, 3)"), geo, kCode));
    EXPECT_EQ(check_geo(parsed("_geoRadius(1, 200, 3)"), geo, kCode).error().message,
              "Bad longitude `200`. Longitude must be contained between -180 and 180 degrees. Hint: try using `-160` "
              "instead.\n15:18 _geoRadius(1, 200, 3)");
}

}  // namespace
}  // namespace miroir::protocol
