#include "node/text/tokenizer.h"

#include <gtest/gtest.h>

namespace miroir::node {
namespace {

std::vector<std::string> words(const Tokenizer& tokenizer, std::string_view text) {
    std::vector<std::string> found;
    for (const Token& token : tokenizer.tokenize(text)) {
        if (!token.is_separator()) found.push_back(token.lemma);
    }
    return found;
}

using Words = std::vector<std::string>;

TEST(Tokenizer, CutsAtSeparatorsAndLowersCase) {
    EXPECT_EQ(words({}, "The quick (\"Brown\") fox's 32.3 C++"),
              (Words{"the", "quick", "brown", "fox", "s", "32", "3", "c"}));
}

TEST(Tokenizer, KeepsCamelCaseAndSignsThatAreNoSeparators) {
    EXPECT_EQ(words({}, "camelCase a<b x|y"), (Words{"camelcase", "a<b", "x|y"}));
}

TEST(Tokenizer, TellsHardSeparatorsFromSoftOnes) {
    const auto tokens = Tokenizer().tokenize("a, b.c. d");
    ASSERT_EQ(tokens.size(), 7u);
    EXPECT_EQ(tokens[1].kind, TokenKind::HardSeparator);
    EXPECT_EQ(tokens[1].lemma, ", ");
    EXPECT_EQ(tokens[3].kind, TokenKind::SoftSeparator);
    EXPECT_EQ(tokens[5].kind, TokenKind::HardSeparator);
}

TEST(Tokenizer, RemovesMarksButKeepsLettersOfTheirOwn) {
    EXPECT_EQ(words({}, "Crème Œuvre Đà Straße Żółć ılık"), (Words{"creme", "oeuvre", "đa", "straße", "zołc", "ılık"}));
}

TEST(Tokenizer, ScriptChangesEndWords) {
    EXPECT_EQ(words({}, "abcГавань7ΘΆΛΑΣΣΑΣ"), (Words{"abc", "гавань7", "θαλασσασ"}));
}

TEST(Tokenizer, LeavesScriptsWithoutSpacesWhole) {
    EXPECT_EQ(words({}, "東京の図書館 ห้องสมุดริม"), (Words{"東京の図書館", "หองสมดรม"}));
    EXPECT_EQ(words({}, "المكتبة"), (Words{"ال", "مكتبه"}));
}

TEST(Tokenizer, PlacesCoverTheText) {
    const std::string text = "Él été, 東京の図書館 ok";
    std::string again;
    std::size_t chars = 0;
    for (const Token& token : Tokenizer().tokenize(text)) {
        EXPECT_EQ(token.start, again.size());
        EXPECT_EQ(token.char_start, chars);
        again += text.substr(token.start, token.end - token.start);
        chars = token.char_end;
    }
    EXPECT_EQ(again, text);
}

TEST(Tokenizer, StopWordsCountAsWritten) {
    const Tokenizer tokenizer({.stop_words = {"the"}});
    const auto tokens = tokenizer.tokenize("The the");
    EXPECT_EQ(tokens[0].kind, TokenKind::Word);
    EXPECT_EQ(tokens[2].kind, TokenKind::StopWord);
}

TEST(Tokenizer, SettingsChangeWhatSeparates) {
    const Tokenizer tokenizer({.separators = {"&sep", "|"}, .non_separators = {"#", "@"}, .dictionary = {"J. R. R."}});
    EXPECT_EQ(words(tokenizer, "c# a@b one|two x&septhree J. R. R. Tolkien"),
              (Words{"c#", "a@b", "one", "two", "x", "three", "j. r. r.", "tolkien"}));
}

TEST(Tokenizer, AnswersHowMuchOfTheOriginalAPrefixCovers) {
    const auto tokens = Tokenizer().tokenize("été");
    EXPECT_EQ(tokens[0].original_lengths(2), (std::pair<std::size_t, std::size_t>{2, 3}));
}

}  // namespace
}  // namespace miroir::node
