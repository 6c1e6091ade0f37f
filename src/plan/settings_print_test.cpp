#include "plan/settings_print.h"

#include <gtest/gtest.h>

#include "json/parse.h"
#include "plan/node_settings.h"

namespace miroir::plan {
namespace {

protocol::Settings settings_of(const char* text) {
    const auto patch = protocol::parse_settings(*json::parse(text), kNodeGates);
    return protocol::apply_patch({}, *patch).value();
}

std::string print_of(const char* text) { return settings_print(*json::parse(text)); }

TEST(SettingsPrint, OrderThatMeansNothingMakesNoDifference) {
    EXPECT_EQ(print_of(R"({"stopWords":["a","b"],"pagination":{"maxTotalHits":5}})"),
              print_of(R"({"pagination":{"maxTotalHits":5},"stopWords":["b","a"],"chat":{"x":1}})"));
    EXPECT_NE(print_of(R"({"rankingRules":["words","typo"]})"), print_of(R"({"rankingRules":["typo","words"]})"));
    EXPECT_NE(print_of(R"({"searchableAttributes":["a","b"]})"), print_of(R"({"searchableAttributes":["b","a"]})"));
    EXPECT_NE(print_of(R"({"stopWords":["a"]})"), print_of(R"({"stopWords":[]})"));
    EXPECT_EQ(print_of("{}").size(), 64U);
}

TEST(SettingsPrint, WhatIsExpectedIsWhatANodeShowsThatTookIt) {
    const protocol::Settings client = settings_of(R"({"synonyms":{"car":["auto"]},"sortableAttributes":["z","a"]})");
    EXPECT_EQ(expected_print(client), settings_print(json::Value(node_settings(client, kNodeGates))));
    EXPECT_NE(expected_print(client), expected_print({}));
}

TEST(SettingsPrint, SecretsAreComparedAsTheEngineShowsThem) {
    const char* text = R"({"embedders":{"e":{"source":"openAi","apiKey":"a-very-long-secret-key"}}})";
    const protocol::Settings client = settings_of(text);
    EXPECT_NE(expected_print(client), settings_print(json::Value(node_settings(client, kNodeGates))));
    json::Object shown = node_settings(client, kNodeGates);
    shown.set("embedders", *protocol::to_json(client, kNodeGates).find("embedders"));
    EXPECT_EQ(expected_print(client), settings_print(json::Value(std::move(shown))));
}

TEST(NodeSettings, AnEmbedderThatGoesIsNamed) {
    const protocol::Settings before = settings_of(R"({"embedders":{"e":{"source":"userProvided","dimensions":2}}})");
    const json::Object body = node_settings_after({}, before);
    EXPECT_TRUE(body.find("embedders")->find("e")->is_null());
    EXPECT_TRUE(node_settings_after({}, {}).find("embedders")->object().empty());
}

TEST(NodeSettings, OurRulesWinOverPatternsThatTakeThemIn) {
    const auto first = [](const char* text) {
        const json::Object body = node_settings(settings_of(text), kNodeGates);
        return body.find("filterableAttributes")->array().front();
    };
    EXPECT_EQ(first(R"({"filterableAttributes":["price"]})"), json::Value("price"));
    EXPECT_EQ(first(R"({"filterableAttributes":[{"attributePatterns":["*"]}]})"), json::Value("_miroir_shard"));
}

TEST(NodeSettings, NamesAndPatternsOfOursAreRefused) {
    for (const char* text :
         {R"({"filterableAttributes":["_miroir_shard"]})", R"({"sortableAttributes":["_miroir_x"]})",
          R"({"displayedAttributes":["_miroir_shard"]})", R"({"searchableAttributes":["a","_miroir_order"]})",
          R"({"rankingRules":["words","_miroir_order:asc"]})", R"({"distinctAttribute":"_miroir_shard"})",
          R"({"filterableAttributes":[{"attributePatterns":["_miroir*"]}]})",
          R"({"filterableAttributes":[{"attributePatterns":["_miroir_*"]}]})"}) {
        EXPECT_TRUE(names_reserved_field(settings_of(text))) << text;
    }
    for (const char* text :
         {R"({"stopWords":["_miroir_shard"]})", R"({"synonyms":{"_miroir_a":["b"]}})",
          R"({"filterableAttributes":["miroir_shard","x_miroir"]})", R"({"searchableAttributes":["*"]})"}) {
        EXPECT_FALSE(names_reserved_field(settings_of(text))) << text;
    }
}

}  // namespace
}  // namespace miroir::plan
