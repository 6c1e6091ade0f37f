#include "node/retrieve/format/hit_maker.h"

#include <gtest/gtest.h>

#include "node/retrieve/small_index_for_test.h"

namespace miroir::node {
namespace {

// Words that the query is said to have had: one per name, matched as a whole or by its beginning.
MatchingWords words(const std::vector<std::string>& names, bool prefix = false) {
    std::vector<MatchingTerm> terms;
    for (std::uint16_t i = 0; i < names.size(); ++i) {
        terms.push_back(
            {.words = {names[i]}, .first = i, .last = i, .prefix = prefix, .original_chars = names[i].size()});
    }
    return {{}, std::move(terms)};
}

class HitMakerTest : public testing::Test {
protected:
    HitMakerTest() {
        index_ = small_index({}, R"([{"id": 1, "text": "One fine day, a fine mist fell.", "size": 42,
                                      "deep": {"tags": ["fine", "coarse", "finest"], "note": null}},
                                     {"id": 2, "text": "élan vital"}])");
    }
    json::Value made(const HitFormat& format, MatchingWords matching, DocId id = 0) const {
        return HitMaker(index_, format, std::move(matching)).make(id, {}).to_json();
    }
    std::string text(const HitFormat& format, MatchingWords matching, DocId id = 0) const {
        return json::to_text(made(format, std::move(matching), id));
    }
    Index index_;
};

TEST_F(HitMakerTest, HighlightingTurnsNumbersIntoTextsAndKeepsTheRest) {
    HitFormat format;
    format.attributes_to_retrieve = {"id"};
    format.highlight = {"deep"};
    EXPECT_EQ(text(format, words({"fine"})),
              R"({"id":1,"_formatted":{"id":"1","deep":{"tags":["<em>fine</em>","coarse","finest"],"note":null}}})");
}

TEST_F(HitMakerTest, PrefixMatchesMarkOnlyWhatWasAskedFor) {
    HitFormat format;
    format.attributes_to_retrieve = {"text"};
    format.highlight = {"text"};
    format.marks = {.before = "[", .after = "]", .crop = "…"};
    EXPECT_EQ(text(format, words({"el"}, true), 1), R"({"text":"élan vital","_formatted":{"text":"[él]an vital"}})");
}

TEST_F(HitMakerTest, CropLengthsOfTheirOwnAndMarkers) {
    HitFormat format;
    format.attributes_to_retrieve = std::set<std::string>();
    format.crop = {"text:2"};
    format.crop_length = 100;
    EXPECT_EQ(text(format, words({"mist"})), R"({"_formatted":{"text":"…fine mist…"}})");
    format.crop = {"text:0"};
    EXPECT_EQ(text(format, words({"mist"})), R"({"_formatted":{"text":"One fine day, a fine mist fell."}})");
    format.crop = {"nothing:2"};
    EXPECT_EQ(text(format, words({"mist"})), "{}");
}

TEST_F(HitMakerTest, PlacesCountBytesAndTheLastOfAListStays) {
    HitFormat format;
    format.attributes_to_retrieve = std::set<std::string>();
    format.show_places = true;
    EXPECT_EQ(text(format, words({"fine", "finest"})),
              R"({"_matchesPosition":{"deep.tags":[{"start":0,"length":6,"indices":[2]}],)"
              R"("text":[{"start":4,"length":4},{"start":16,"length":4}]}})");
    EXPECT_EQ(text(format, words({"vital"}), 1), R"({"_matchesPosition":{"text":[{"start":6,"length":5}]}})");
}

TEST_F(HitMakerTest, OutermostNamesCoverTheNestedOnes) {
    EXPECT_EQ(outermost({"a", "a.b", "ab", "c.d", "c.d.e"}), (std::vector<std::string>{"a", "ab", "c.d"}));
}

TEST(HitMakerVectors, AreShownOnlyWhenDisplayed) {
    protocol::Settings settings;
    settings.embedders["e"] = {.source = protocol::EmbedderSource::UserProvided, .dimensions = 2, .members = {}};
    const std::string_view documents = R"([{"id": 1, "_vectors": {"e": [0.5, 1]}}])";
    HitFormat format;
    format.retrieve_vectors = true;
    const Index open = small_index(settings, documents);
    EXPECT_EQ(json::to_text(HitMaker(open, format, {}).make(0, {}).to_json()),
              R"({"id":1,"_vectors":{"e":{"embeddings":[[0.5,1.0]],"regenerate":false}}})");
    settings.displayed_attributes = {"id"};
    const Index closed = small_index(settings, documents);
    EXPECT_EQ(json::to_text(HitMaker(closed, format, {}).make(0, {}).to_json()), R"({"id":1})");
}

}  // namespace
}  // namespace miroir::node
