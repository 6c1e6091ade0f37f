#include "node/retrieve/format/json_paths.h"

#include <gtest/gtest.h>

#include "json/parse.h"
#include "json/write.h"

namespace miroir::node {
namespace {

json::Object object(std::string_view text) { return json::parse(text).value().object(); }
std::string text(json::Object value) { return json::to_text(json::Value(std::move(value))); }

TEST(JsonPaths, WithinMeansTheSamePathOrOneBelow) {
    EXPECT_TRUE(path_within("a.b", "a"));
    EXPECT_TRUE(path_within("a", "a"));
    EXPECT_FALSE(path_within("ab", "a"));
    EXPECT_FALSE(path_within("a", "a.b"));
}

TEST(JsonPaths, PickKeepsWhatAPathNamesAndTheObjectsOnItsWay) {
    const auto document = object(R"({"a":{"b":1,"c":2},"d":[{"b":1},{"e":2}],"f":3})");
    EXPECT_EQ(text(pick_paths(document, {"a.b"})), R"({"a":{"b":1}})");
    EXPECT_EQ(text(pick_paths(document, {"a.x"})), R"({"a":{}})");
    EXPECT_EQ(text(pick_paths(document, {"d.e", "f"})), R"({"d":[{},{"e":2}],"f":3})");
    EXPECT_EQ(text(pick_paths(document, {"x"})), "{}");
}

TEST(JsonPaths, PickAnswersToKeysWithDots) {
    EXPECT_EQ(text(pick_paths(object(R"({"a.b":{"c":1},"a":{"b":2}})"), {"a.b"})), R"({"a.b":{"c":1},"a":{"b":2}})");
}

TEST(JsonPaths, SelectDropsWhatCannotBeEntered) {
    const auto document = object(R"({"a":1,"d":[{"b":1},{"e":2},7]})");
    EXPECT_EQ(text(select_paths(document, {"a.b"})), "{}");
    EXPECT_EQ(text(select_paths(document, {"d.e"})), R"({"d":[{"e":2}]})");
}

TEST(JsonPaths, ChangeVisitsEveryScalarWithItsPlaceInLists) {
    auto document = object(R"({"a":[["x"],{"b":"y"}],"c":"z"})");
    std::string visited;
    change_leaves(document, {"a"},
                  [&](const std::string& path, std::span<const std::size_t> places, json::Value& leaf) {
                      visited += path + "@";
                      for (const std::size_t place : places) visited += std::to_string(place);
                      visited += " ";
                      leaf = "!";
                  });
    EXPECT_EQ(visited, "a@00 a.b@1 ");
    EXPECT_EQ(text(document), R"({"a":[["!"],{"b":"!"}],"c":"z"})");
}

TEST(JsonPaths, VisitTriesEveryReadingOfAPath) {
    int sum = 0;
    const auto document = object(R"({"a.b":1,"a":{"b":10},"x":[{"y":100},{"y":1000}]})");
    visit_path(document, "a.b", [&](const json::Value& value) { sum += static_cast<int>(value.number()); });
    visit_path(document, "x.y", [&](const json::Value& value) { sum += static_cast<int>(value.number()); });
    EXPECT_EQ(sum, 1111);
}

}  // namespace
}  // namespace miroir::node
