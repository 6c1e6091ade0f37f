#include "node/search/search_for_test.h"

namespace miroir::node {
namespace {

using protocol::Settings;
using Kind = protocol::RankingRule::Kind;

Settings rules(std::vector<protocol::RankingRule> list) {
    Settings settings;
    settings.ranking_rules = std::move(list);
    return settings;
}

TEST(Words, MoreWordsComeFirstAndTheFirstWordStays) {
    const Index index = index_of_texts({"alpha", "alpha beta gamma", "beta gamma", "alpha gamma", "alpha beta"});
    EXPECT_EQ(ids(index, "alpha beta gamma"), (Ids{"2", "5", "1", "4"}));
    EXPECT_EQ(detail(index, {.query = "alpha beta gamma"}, 1, "words"),
              R"({"order":0,"matchingWords":2,"maxMatchingWords":3,"score":0.6666666666666666})");
}

TEST(Words, AllWantsEveryWordAndShowsNoEntry) {
    const Index index = index_of_texts({"alpha", "alpha beta"});
    const KeywordRequest request{.query = "alpha beta", .strategy = MatchingStrategy::All};
    EXPECT_EQ(ids(index, request), (Ids{"2"}));
    EXPECT_EQ(detail(index, request, 0, "words"), "");
}

TEST(Words, FrequencyLetsTheMostFrequentWordFallAway) {
    const Index index = index_of_texts({"common rare", "common one", "common two", "rare"});
    EXPECT_EQ(ids(index, {.query = "common rare ", .strategy = MatchingStrategy::Frequency}), (Ids{"1", "4"}));
    EXPECT_EQ(ids(index, "common rare "), (Ids{"1", "2", "3"}));
}

TEST(Typo, FewerTyposComeFirstUpToTheLengthOfTheWord) {
    const Index index = index_of_texts({"keyborad", "keyboard", "kyebaord", "keybourt", "keys"});
    EXPECT_EQ(ids(index, "keyboard "), (Ids{"2", "1"}));
    const Index longer = index_of_texts({"documantetion", "documentation", "dokumantation", "xocumentation"});
    EXPECT_EQ(ids(longer, "documentation "), (Ids{"2", "1", "3", "4"}));
}

TEST(Typo, CountsJoinedAndSplitWords) {
    const Index index = index_of_texts({"sun flower", "sunflower"});
    EXPECT_EQ(ids(index, "sunflower "), (Ids{"2", "1"}));
    EXPECT_EQ(detail(index, {.query = "sunflower "}, 1, "typo"),
              R"({"order":1,"typoCount":1,"maxTypoCount":2,"score":0.6666666666666666})");
    EXPECT_EQ(ids(index, "sun flower "), (Ids{"1", "2"}));
    EXPECT_EQ(detail(index, {.query = "sun flower "}, 1, "typo"),
              R"({"order":1,"typoCount":2,"maxTypoCount":3,"score":0.5})");
}

TEST(Typo, SettingsSwitchItOff) {
    Settings settings;
    settings.typo_tolerance.disable_on_words = {"keyboard"};
    const Index by_word = index_of_texts({"keyborad", "monitar"}, settings);
    EXPECT_EQ(ids(by_word, "keyboard "), Ids());
    EXPECT_EQ(ids(by_word, "monitor "), (Ids{"2"}));
    settings = {};
    settings.typo_tolerance.disable_on_attributes = {"t"};
    EXPECT_EQ(ids(index_of_texts({"keyborad", "keyboard"}, settings), "keyboard "), (Ids{"2"}));
    settings = {};
    settings.typo_tolerance.disable_on_numbers = true;
    EXPECT_EQ(ids(index_of_texts({"202406", "202405"}, settings), "202405 "), (Ids{"2"}));
    EXPECT_EQ(ids(index_of_texts({"202406", "202405"}), "202405 "), (Ids{"2", "1"}));
    settings = {};
    settings.typo_tolerance.enabled = false;
    EXPECT_EQ(ids(index_of_texts({"keyborad"}, settings), "keyboard "), Ids());
}

TEST(Proximity, NearerComesFirstAndTheOtherWayRoundCostsOne) {
    const Index index = index_of_texts({"alpha x beta", "beta alpha", "alpha. beta", "alpha beta"});
    EXPECT_EQ(ids(index, "alpha beta "), (Ids{"4", "1", "2", "3"}));
    EXPECT_EQ(detail(index, {.query = "alpha beta "}, 3, "proximity"), R"({"order":2,"score":0.25})");
}

TEST(Proximity, ByAttributeOnlyAsksForTheSameAttribute) {
    Settings settings;
    settings.proximity_precision = protocol::ProximityPrecision::ByAttribute;
    const Index index = index_of({R"({"t":"alpha","u":"beta"})", R"({"t":"alpha x x x x x beta"})"}, settings);
    EXPECT_EQ(ids(index, "alpha beta "), (Ids{"2", "1"}));
}

TEST(AttributeRank, FollowsTheOrderOfSearchableAttributes) {
    Settings settings;
    settings.searchable_attributes = std::vector<std::string>{"title", "text"};
    const Index index = index_of({R"({"text":"alpha"})", R"({"title":"x alpha"})"}, settings);
    EXPECT_EQ(ids(index, "alpha"), (Ids{"2", "1"}));
    EXPECT_EQ(detail(index, {.query = "alpha"}, 1, "attributeRank"), R"({"order":3,"score":0.5})");
    EXPECT_EQ(detail(index_of({R"({"text":"alpha"})"}), {.query = "alpha"}, 0, "attributeRank"),
              R"({"order":3,"score":1.0})");
}

TEST(WordPosition, NearTheStartComesFirst) {
    const Index index = index_of_texts({"x x alpha", "alpha x x", "x alpha x"});
    EXPECT_EQ(ids(index, "alpha"), (Ids{"2", "3", "1"}));
    EXPECT_EQ(detail(index, {.query = "alpha"}, 2, "wordPosition"), R"({"order":4,"score":0.8181818181818182})");
}

TEST(Exactness, TheWholeAttributeThenItsStartThenExactWords) {
    const Index index =
        index_of_texts({"alpha betas", "alpha beta gamma", "alpha beta", "x alpha beta"},
                       rules({{.kind = Kind::Words, .field = ""}, {.kind = Kind::Exactness, .field = ""}}));
    EXPECT_EQ(ids(index, "alpha beta"), (Ids{"3", "2", "4", "1"}));
    EXPECT_EQ(detail(index, {.query = "alpha beta"}, 0, "exactness"),
              R"({"order":1,"matchType":"exactMatch","score":1.0})");
    EXPECT_EQ(
        detail(index, {.query = "alpha beta"}, 3, "exactness"),
        R"({"order":1,"matchType":"noExactMatch","matchingWords":1,"maxMatchingWords":2,"score":0.2222222222222222})");
}

TEST(Sort, NumbersBeforeTextsInBothDirectionsAndNothingLast) {
    Settings settings;
    settings.sortable_attributes = {"n"};
    const Index index = index_of({R"({"n":"b"})", R"({"n":2})", R"({})", R"({"n":[10,1]})", R"({"n":"A"})"}, settings);
    EXPECT_EQ(ids(index, {.sort = {{.field = "n", .ascending = true}}}), (Ids{"4", "2", "5", "1", "3"}));
    EXPECT_EQ(ids(index, {.sort = {{.field = "n", .ascending = false}}}), (Ids{"4", "2", "1", "5", "3"}));
    EXPECT_EQ(detail(index, {.sort = {{.field = "n"}}}, 0, "n:asc"), R"({"order":0,"value":1.0})");
}

TEST(Sort, CustomRulesTakeTheirPlace) {
    const Index index = index_of({R"({"t":"alpha beta","y":1})", R"({"t":"alpha","y":2})"},
                                 rules({{.kind = Kind::Desc, .field = "y"}, {.kind = Kind::Words, .field = ""}}));
    EXPECT_EQ(ids(index, "alpha beta"), (Ids{"2", "1"}));
}

TEST(Geo, DistanceWithAMetreOfGrace) {
    Settings settings;
    settings.sortable_attributes = {"_geo"};
    const Index index = index_of({R"({"_geo":{"lat":1,"lng":0}})", R"({})", R"({"_geo":{"lat":0.000001,"lng":0}})",
                                  R"({"_geo":{"lat":0,"lng":0}})"},
                                 settings);
    EXPECT_EQ(ids(index, {.sort = {{.point = GeoPoint{.lat = 0, .lng = 0}}}}), (Ids{"3", "4", "1", "2"}));
    EXPECT_EQ(ids(index, {.sort = {{.ascending = false, .point = GeoPoint{.lat = 0, .lng = 0}}}}),
              (Ids{"1", "3", "4", "2"}));
}

TEST(Vector, TakesThePlaceOfTheWordRules) {
    const Index index = index_of_texts({"a", "b", "c"});
    const Nearest nearest = [](const DocIds& among, std::size_t) {
        std::vector<std::pair<DocId, float>> near;
        if (among.contains(2)) near.emplace_back(2, 0.9F);
        if (among.contains(0)) near.emplace_back(0, 0.5F);
        return near;
    };
    const auto outcome = vector_search(index, {}, nearest);
    EXPECT_EQ(outcome->ids, (std::vector<DocId>{2, 0, 1}));
    EXPECT_EQ(json::to_text(protocol::to_json(outcome->scores[0], protocol::AttributeShape::Separated)),
              R"({"vectorSort":{"order":0,"similarity":0.8999999761581421}})");
}

}  // namespace
}  // namespace miroir::node
