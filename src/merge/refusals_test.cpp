#include "merge/refusals.h"

#include <gtest/gtest.h>

namespace miroir::merge {
namespace {

std::string refusal(std::string_view list) {
    return R"({"message":"Index `i`: Attribute `x` is not searchable. Available searchable attributes are: )" +
           std::string(list) + R"(.","code":"invalid_search_attributes_to_search_on"})";
}

TEST(Refusals, OneListOfTheFieldsOfAllNodes) {
    const std::vector<std::string> bodies = {refusal("`b, _miroir_shard`"), refusal("`a, b`"), refusal("`")};
    EXPECT_EQ(joined_search_on_refusal(bodies, std::nullopt), refusal("`a, b`"));
    const std::vector<std::string> displayed = {"a"};
    EXPECT_EQ(joined_search_on_refusal(bodies, displayed), refusal("`a`, <..hidden-attributes>"));
}

TEST(Refusals, OtherRefusalsAreLeftAlone) {
    const std::vector<std::string> bodies = {R"({"message":"no","code":"invalid_search_filter"})"};
    EXPECT_EQ(joined_search_on_refusal(bodies, std::nullopt), std::nullopt);
}

TEST(Refusals, AreErrorsOnlyWhenTheyTellThem) {
    EXPECT_TRUE(is_error(R"({"message":"m","code":"c","type":"t","link":"l"})"));
    for (const char* bad : {"", "null", "[]", "{}", "<html>", R"({"message":"m","code":7,"type":"t"})",
                            R"({"message":"m","code":"c","type":"t")", R"({"message":"m","code":"c"})"})
        EXPECT_FALSE(is_error(bad)) << bad;
}

}  // namespace
}  // namespace miroir::merge
