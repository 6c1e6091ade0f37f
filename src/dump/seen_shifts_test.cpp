#include "dump/seen_shifts.h"

#include <gtest/gtest.h>

namespace miroir::dump {
namespace {

using Read = SeenShifts::Read;

TEST(SeenShifts, AReadIsTornByWhatCameOrWasOpenAmidIt) {
    SeenShifts seen;
    seen.shift(7, {"a", "b"});
    EXPECT_FALSE(seen.is_torn("a", Read{.begun = 5, .ended = 7}));
    EXPECT_TRUE(seen.is_torn("a", Read{.begun = 5, .ended = 8}));
    EXPECT_TRUE(seen.is_torn("a", (Read{.begun = 8, .ended = 8, .open = {7}})));
    EXPECT_FALSE(seen.is_torn("a", Read{.begun = 8, .ended = 9}));
    EXPECT_FALSE(seen.is_torn("c", Read{.begun = 5, .ended = 8}));
}

TEST(SeenShifts, ReadsOnBothSidesOfASwapDoNotGoTogether) {
    SeenShifts seen;
    seen.keep("a", Read{.begun = 5, .ended = 6});
    seen.keep("b", Read{.begun = 6, .ended = 7});
    seen.shift(7, {"a", "b"});
    EXPECT_FALSE(seen.are_torn()) << "both as before it";
    seen.keep("b", Read{.begun = 8, .ended = 9});
    EXPECT_TRUE(seen.are_torn());
    seen.keep("a", Read{.begun = 9, .ended = 9});
    EXPECT_FALSE(seen.are_torn()) << "both as after it";
}

TEST(SeenShifts, ARenamedIndexIsNotThereTwice) {
    SeenShifts seen;
    seen.shift(7, {"a", "c"});
    seen.keep("c", Read{.begun = 8, .ended = 9});
    EXPECT_FALSE(seen.are_torn()) << "the other name is nobody's by now";
    seen.keep("a", Read{.begun = 5, .ended = 6});
    EXPECT_TRUE(seen.are_torn());
}

}  // namespace
}  // namespace miroir::dump
