#include "protocol/fields/fields.h"

#include <gtest/gtest.h>

#include "json/parse.h"

namespace miroir::protocol {
namespace {

struct Inner {
    std::uint8_t small = 0;
    double weight = 0;
};

struct Sample {
    std::optional<std::string> name;
    std::uint64_t limit = 20;
    bool on = false;
    std::vector<std::string> tags;
    std::optional<Inner> inner;
};

Result<void> read(const json::Value& value, const Place& place, Inner& out) {
    static const auto table = FieldTable<Inner>()
                                  .code(ErrorCode::InvalidSearchHybridQuery)
                                  .field("small", ErrorCode::InvalidSearchLimit, &Inner::small)
                                  .required()
                                  .field("weight", ErrorCode::InvalidMultiSearchWeight, &Inner::weight);
    return table.read(value, place, out);
}

const FieldTable<Sample>& table() {
    static const auto fields = FieldTable<Sample>()
                                   .field("name", ErrorCode::InvalidSearchQ, &Sample::name)
                                   .field("limit", ErrorCode::InvalidSearchLimit, &Sample::limit)
                                   .required(ErrorCode::MissingIndexUid)
                                   .field("on", ErrorCode::InvalidSearchShowRankingScore, &Sample::on)
                                   .field("tags", ErrorCode::InvalidSearchFacets, &Sample::tags)
                                   .field("inner", ErrorCode::InvalidSearchHybridQuery, &Sample::inner);
    return fields;
}

std::string refusal(const Result<Sample>& parsed) {
    if (parsed) return "accepted";
    return std::string(error_row(parsed.error().code).wire) + ": " + parsed.error().message;
}

TEST(Fields, BodiesAreRefusedInTheEnginesWords) {
    const std::pair<std::string_view, std::string_view> kCases[] = {
        {R"({"limit":1})", "accepted"},
        {R"({"limit":1,"name":null})", "accepted"},
        {R"([])", "bad_request: Invalid value type: expected an object, but found an array: `[]`"},
        {R"({"name":"a"})", "missing_index_uid: Missing field `limit`"},
        {R"({"limit":"1"})",
         "invalid_search_limit: Invalid value type at `.limit`: expected a positive integer, but found a string: "
         "`\"1\"`"},
        {R"({"limit":-2})",
         "invalid_search_limit: Invalid value type at `.limit`: expected a positive integer, but found a negative "
         "integer: `-2`"},
        {R"({"limit":null})",
         "invalid_search_limit: Invalid value type at `.limit`: expected a positive integer, but found null"},
        {R"({"limit":1,"tags":["a",3]})",
         "invalid_search_facets: Invalid value type at `.tags[1]`: expected a string, but found a positive integer: "
         "`3`"},
        {R"({"limit":1,"limlt":2})",
         "bad_request: Unknown field `limlt`: did you mean `limit`? expected one of `name`, `limit`, `on`, `tags`, "
         "`inner`"},
        {R"({"limit":1,"xyz":2})",
         "bad_request: Unknown field `xyz`: expected one of `name`, `limit`, `on`, `tags`, `inner`"},
        {R"({"limit":1,"inner":{"weight":"x"}})",
         "invalid_multi_search_weight: Invalid value type at `.inner.weight`: expected a number, but found a string: "
         "`\"x\"`"},
        {R"({"limit":1,"inner":{}})", "invalid_search_hybrid_query: Missing field `small` inside `.inner`"},
        {R"({"limit":1,"inner":{"small":300}})",
         "invalid_search_limit: Invalid value at `.inner.small`: value: `300` is too large to be deserialized, maximum "
         "value authorized is `255`"},
    };
    for (const auto& [body, expected] : kCases) EXPECT_EQ(refusal(table().parse(*json::parse(body))), expected) << body;
}

TEST(Fields, TheFirstFaultOfTheBodyWinsOverMissingAndUnknownBehindIt) {
    EXPECT_TRUE(refusal(table().parse(*json::parse(R"({"on":1,"xyz":1})"))).starts_with("invalid_search_show_"));
    EXPECT_TRUE(refusal(table().parse(*json::parse(R"({"xyz":1,"on":1})"))).starts_with("bad_request"));
}

TEST(Fields, ParametersAreTexts) {
    const std::pair<std::string_view, std::string_view> kCases[] = {
        {"limit=3&name=a+b%C3%A9&tags=a,,b&on=true", "accepted"},
        {"limit=%2B3", "accepted"},
        {"limit=a",
         "invalid_search_limit: Invalid value in parameter `limit`: could not parse `a` as a positive integer"},
        {"limit=1&on=yes",
         "invalid_search_show_ranking_score: Invalid value in parameter `on`: could not parse `yes` as a boolean, "
         "expected either `true` or `false`"},
        {"limit=1&nmae=1",
         "bad_request: Unknown parameter `nmae`: did you mean `name`? expected one of `name`, `limit`, `on`, `tags`, "
         "`inner`"},
        {"", "missing_index_uid: Missing parameter `limit`"},
    };
    for (const auto& [query, expected] : kCases) EXPECT_EQ(refusal(table().parse_query(query)), expected) << query;
    const auto parsed = table().parse_query("limit=3&name=a+b%C3%A9&tags=a,,b&limit=4&on=true");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->name, "a bé");
    EXPECT_EQ(parsed->limit, 4U);
    EXPECT_EQ(parsed->tags, (std::vector<std::string>{"a", "b"}));
}

TEST(Fields, SuggestionsAllowMoreTyposInLongerWords) {
    const std::vector<std::string_view> known = {"showRankingScore", "limit"};
    EXPECT_EQ(did_you_mean("lmt", known), "");
    EXPECT_EQ(did_you_mean("limti", known), "did you mean `limit`? ");
    EXPECT_EQ(did_you_mean("showRnkingScroe", known), "did you mean `showRankingScore`? ");
}

TEST(Fields, BrokenUtf8IsReplacedAndNeverReadPastTheEnd) {
    EXPECT_EQ(query_parameters("q=%FF%C3").find("q")->string(), "\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(query_parameters("a=%4&&=b").find("a")->string(), "%4");
}

}  // namespace
}  // namespace miroir::protocol
