#include "node/search/search_for_test.h"

namespace miroir::node {
namespace {

using protocol::Settings;

TEST(Query, OnlyTheLastWordIsABeginning) {
    const Index index = index_of_texts({"stoneware pottery", "stoneware pot", "stone pottery"});
    EXPECT_EQ(ids(index, {.query = "stoneware pot", .strategy = MatchingStrategy::All}), (Ids{"2", "1"}));
    EXPECT_EQ(ids(index, {.query = "stone pot", .strategy = MatchingStrategy::All}), (Ids{"3"}));
    Settings settings;
    settings.prefix_search = protocol::PrefixSearch::Disabled;
    EXPECT_EQ(ids(index_of_texts({"pottery"}, settings), "pot"), Ids());
}

TEST(Query, PhrasesStayTogetherAndInOrder) {
    const Index index = index_of_texts({"red old fox", "old red fox", "red. old", "x red old"});
    EXPECT_EQ(ids(index, "\"red old\""), (Ids{"1", "4"}));
    EXPECT_EQ(ids(index, "\"red old\" missing"), (Ids{"1", "4"}));  // a phrase does not fall away
    EXPECT_EQ(ids(index, "\"re\""), Ids());
}

TEST(Query, LeavesOutNegativeWordsAndPhrases) {
    const Index index = index_of_texts({"red fox", "red hen", "blue hen", "hen red"});
    EXPECT_EQ(ids(index, "red -fox"), (Ids{"2", "4"}));
    EXPECT_EQ(ids(index, "-red"), (Ids{"3"}));
    EXPECT_EQ(ids(index, "hen -\"hen red\""), (Ids{"2", "3"}));
    EXPECT_EQ(ids(index, "red-fox").size(), 3u);  // no blank before it: a separator
}

TEST(Query, OnlyTenWordsCount) {
    const Index index = index_of_texts({"a1 a2 a3 a4 a5 a6 a7 a8 a9 b1"});
    const KeywordRequest all{.query = "a1 a2 a3 a4 a5 a6 a7 a8 a9 b1 missing", .strategy = MatchingStrategy::All};
    EXPECT_EQ(ids(index, all), (Ids{"1"}));
    const KeywordRequest missing{.query = "a1 a2 a3 a4 a5 a6 a7 a8 a9 missing b1", .strategy = MatchingStrategy::All};
    EXPECT_EQ(ids(index, missing), Ids());
}

TEST(Query, StopWordsAreLeftOutButMatchInsidePhrases) {
    Settings settings;
    settings.stop_words = {"the", "of"};
    const Index index = index_of_texts({"king of hearts", "king hearts", "hearts"}, settings);
    // The stop word keeps its place: "hearts" is expected second.
    EXPECT_EQ(ids(index, {.query = "of hearts", .strategy = MatchingStrategy::All}), (Ids{"2", "1", "3"}));
    EXPECT_EQ(ids(index, "\"king of hearts\""), (Ids{"1", "2"}));
}

TEST(Query, SynonymsOfWordsAndOfSeveralWords) {
    Settings settings;
    settings.synonyms = {{"phone", {"mobile", "cell set"}}, {"new york", {"nyc"}}};
    const Index index = index_of_texts({"mobile", "cell set", "phone", "nyc", "new york"}, settings);
    EXPECT_EQ(ids(index, "phone"), (Ids{"3", "1", "2"}));
    EXPECT_EQ(ids(index, "new york"), (Ids{"5", "4"}));
    EXPECT_EQ(ids(index, "mobile"), (Ids{"1"}));
}

TEST(Query, WithoutAWordListsEverythingInOrder) {
    const Index index = index_of_texts({"b", "a"});
    EXPECT_EQ(ids(index, KeywordRequest{}), (Ids{"1", "2"}));
    EXPECT_EQ(ids(index, " . "), (Ids{"1", "2"}));
}

TEST(Attributes, SearchOnlyTheNamedOnes) {
    Settings settings;
    settings.searchable_attributes = std::vector<std::string>{"title", "text"};
    const Index index = index_of({R"({"title":"alpha"})", R"({"text":"alpha"})"}, settings);
    EXPECT_EQ(ids(index, {.query = "alpha", .attributes_to_search_on = std::vector<std::string>{"text"}}), (Ids{"2"}));
    EXPECT_EQ(ids(index, {.query = "alpha", .attributes_to_search_on = std::vector<std::string>{"ti*"}}), (Ids{"1"}));
    EXPECT_EQ(ids(index, {.query = "alpha", .attributes_to_search_on = std::vector<std::string>{"*"}}).size(), 2u);
    const auto wrong =
        keyword_search(index, {.query = "x", .attributes_to_search_on = std::vector<std::string>{"nope"}});
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().message,
              "Attribute `nope` is not searchable. Available searchable attributes are: `text, title`.");
}

TEST(Pages, SkipTakeAndCount) {
    const Index index = index_of_texts({"alpha", "alpha", "alpha", "beta"});
    EXPECT_EQ(ids(index, {.query = "alpha", .offset = 1, .limit = 1}), (Ids{"2"}));
    EXPECT_EQ(found(index, {.query = "alpha", .limit = 1}).candidates.cardinality(), 3u);
    EXPECT_EQ(ids(index, {.query = "alpha", .offset = 5}), Ids());
}

TEST(Distinct, KeepsOneAndCountsWhatItMet) {
    Settings settings;
    settings.filterable_attributes = {protocol::FilterableRule::plain("k")};
    const Index index = index_of({R"({"t":"x alpha","k":"A"})", R"({"t":"alpha","k":"a"})",
                                  R"({"t":"x x alpha","k":1})", R"({"t":"x alpha"})", R"({"t":"x x x alpha","k":1})"},
                                 settings);
    KeywordRequest request{.query = "alpha", .distinct = "k"};
    EXPECT_EQ(ids(index, request), (Ids{"2", "4", "3"}));
    EXPECT_EQ(found(index, request).candidates.cardinality(), 3u);
    request.limit = 1;
    EXPECT_EQ(found(index, request).candidates.cardinality(), 4u);  // 1 was met, 5 was not
    request.exhaustive = true;
    EXPECT_EQ(found(index, request).candidates.cardinality(), 3u);
}

TEST(Threshold, DropsWhatScoresLess) {
    const Index index = index_of_texts({"alpha beta", "alpha", "alpha gamma"});
    const KeywordRequest request{.query = "alpha beta", .threshold = 0.6};
    EXPECT_EQ(ids(index, request), (Ids{"1"}));
    EXPECT_EQ(found(index, request).candidates.cardinality(), 1u);
}

TEST(Candidates, AreThoseTheFilterLeft) {
    const Index index = index_of_texts({"alpha", "alpha"});
    EXPECT_EQ(ids(index, {.query = "alpha", .candidates = DocIds::bitmapOf(1, 1)}), (Ids{"2"}));
}

std::vector<std::string> marked(const Index& index, std::string query, const std::string& text) {
    const KeywordOutcome outcome = found(index, {.query = std::move(query)});
    const std::vector<Token> tokens = index.tokenizer().tokenize(text);
    std::vector<std::string> result;
    for (const Match& match : outcome.matching_words.find_in(tokens)) {
        result.push_back(text.substr(tokens[match.first_token].start, match.chars));
    }
    return result;
}

TEST(MatchingWords, MarksTyposPrefixesPhrasesAndSplitWords) {
    const Index index = index_of_texts({"keyborad sunflowers sun flower", "keyboard"});
    EXPECT_EQ(marked(index, "keyboard sunflow", "keyborad sunflowers"),
              (std::vector<std::string>{"keyborad", "sunflow"}));
    EXPECT_EQ(marked(index, "sunflower ", "the sun flower"), (std::vector<std::string>{"sun flower"}));
    EXPECT_EQ(marked(index, "\"sun flower\"", "sun and sun flower"), (std::vector<std::string>{"sun flower"}));
}

}  // namespace
}  // namespace miroir::node
