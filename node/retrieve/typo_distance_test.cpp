#include "node/retrieve/typo_distance.h"

#include <gtest/gtest.h>

namespace miroir::node {
namespace {

TEST(TypoDistance, CountsSwapsAsOne) {
    EXPECT_TRUE(within_typos("hello", "hlelo", 1));
    EXPECT_TRUE(within_typos("hello", "helo", 1));
    EXPECT_FALSE(within_typos("hello", "hallu", 1));
    EXPECT_TRUE(within_typos("hello", "hallu", 2));
}

TEST(TypoDistance, CountsCodePointsNotBytes) {
    EXPECT_TRUE(within_typos("été", "ete", 2));
    EXPECT_FALSE(within_typos("été", "ete", 1));
}

TEST(TypoDistance, BeginningsMayBeFollowedByAnything) {
    EXPECT_TRUE(begins_within_typos("brigthwel", "brightwell and sons", 2));
    EXPECT_TRUE(begins_within_typos("br", "brightwell", 0));
    EXPECT_FALSE(begins_within_typos("br", "bXightwell", 0));
    EXPECT_TRUE(begins_within_typos("", "anything", 0));
    EXPECT_FALSE(begins_within_typos("brightwell", "bri", 2));
}

}  // namespace
}  // namespace miroir::node
