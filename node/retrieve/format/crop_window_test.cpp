#include "node/retrieve/format/crop_window.h"

#include <gtest/gtest.h>

namespace miroir::node {
namespace {

// Words of one letter with a soft separator between them: "a b c d …".
std::vector<Token> letters(std::size_t count) {
    std::vector<Token> tokens;
    for (std::size_t i = 0; i < 2 * count - 1; ++i) {
        tokens.push_back({.kind = i % 2 == 0 ? TokenKind::Word : TokenKind::SoftSeparator,
                          .lemma = "x",
                          .start = i,
                          .end = i + 1,
                          .char_start = i,
                          .char_end = i + 1,
                          .char_map = {}});
    }
    return tokens;
}

Match word(std::size_t place, std::uint16_t term) {
    return {.first_token = 2 * place,
            .last_token = 2 * place,
            .first_word = place,
            .last_word = place,
            .chars = 1,
            .first_term = term,
            .last_term = term};
}

using Window = std::pair<std::size_t, std::size_t>;

TEST(CropWindow, WithoutMatchesIsTheBeginning) { EXPECT_EQ(crop_window(19, letters(10), {}, 3), Window(0, 5)); }

TEST(CropWindow, GrowsAroundTheMatch) {
    const std::vector<Match> matches{word(5, 0)};
    EXPECT_EQ(crop_window(19, letters(10), matches, 3), Window(8, 13));
    EXPECT_EQ(crop_window(19, letters(10), matches, 100), Window(0, 19));
}

TEST(CropWindow, PrefersMoreDifferentWordsThenCloserThenOrdered) {
    const std::vector<Match> different{word(0, 0), word(1, 0), word(7, 0), word(9, 1)};
    EXPECT_EQ(best_matches(different, 4), Window(2, 3));
    const std::vector<Match> closer{word(0, 0), word(3, 1), word(10, 0), word(11, 1)};
    EXPECT_EQ(best_matches(closer, 4), Window(2, 3));
    const std::vector<Match> ordered{word(0, 1), word(1, 0), word(10, 0), word(11, 1)};
    EXPECT_EQ(best_matches(ordered, 4), Window(2, 3));
}

TEST(CropWindow, AMatchWiderThanTheWindowIsCutAtItsEnd) {
    const Match wide{.first_token = 4,
                     .last_token = 12,
                     .first_word = 2,
                     .last_word = 6,
                     .chars = 9,
                     .first_term = 0,
                     .last_term = 4};
    const auto [start, end] = crop_window(19, letters(10), std::vector<Match>{wide}, 3);
    EXPECT_EQ(start, 0U);
    EXPECT_LT(end, 13U);
}

TEST(CropWindow, StopsAtHardSeparatorsLast) {
    std::vector<Token> tokens = letters(5);
    tokens[3].kind = TokenKind::HardSeparator;  // before the match
    const std::vector<Match> matches{word(2, 0)};
    EXPECT_EQ(crop_window(9, tokens, matches, 2), Window(4, 7));
}

}  // namespace
}  // namespace miroir::node
