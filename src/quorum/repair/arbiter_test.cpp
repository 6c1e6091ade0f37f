#include "quorum/repair/arbiter.h"

#include <gtest/gtest.h>

#include <vector>

namespace miroir::quorum {
namespace {

using Kind = Ruling::Kind;

constexpr CopySeen kAbsent{};

CopySeen copy(std::uint64_t digest, std::uint64_t stamp = 10) {
    return {.present = true, .digest = digest, .stamp = stamp};
}

CopySeen unaltered(CopySeen seen) {
    seen.unaltered = true;
    return seen;
}

Ruling judge(std::vector<CopySeen> copies, std::uint64_t certain_at = 0, std::uint64_t perhaps_at = 0) {
    return judge_copies(copies, [=](std::uint64_t stamp) {
        if (certain_at > stamp) return Deletion::Certain;
        return perhaps_at > stamp ? Deletion::Perhaps : Deletion::None;
    });
}

TEST(Arbiter, EqualCopiesAreLeftAlone) {
    EXPECT_EQ(judge({copy(1), copy(1)}).kind, Kind::Equal);
    EXPECT_EQ(judge({kAbsent, kAbsent}).kind, Kind::Equal);
    EXPECT_EQ(judge({copy(1)}, 99).kind, Kind::Equal) << "a deletion alone is no reason to delete";
}

TEST(Arbiter, ALostDocumentComesBackAndADeletedOneDoesNot) {
    EXPECT_EQ(judge({kAbsent, copy(1)}), (Ruling{.kind = Kind::Take, .source = 1}));
    EXPECT_EQ(judge({kAbsent, copy(1, 10)}, 11).kind, Kind::Delete);
    EXPECT_EQ(judge({kAbsent, copy(1, 12)}, 11), (Ruling{.kind = Kind::Take, .source = 1})) << "inserted again since";
    EXPECT_EQ(judge({copy(1, 10), copy(1, 10), kAbsent}, 11).kind, Kind::Delete) << "two that missed it, against one";
    EXPECT_EQ(judge({copy(1, 10), copy(2, 12)}, 11), (Ruling{.kind = Kind::Take, .source = 1}));
}

TEST(Arbiter, WhatNobodyKnowsIsLeftAsItIs) {
    EXPECT_EQ(judge({kAbsent, copy(1)}, 0, 99).kind, Kind::Undecided);
    EXPECT_EQ(judge({kAbsent, copy(1), copy(1)}, 0, 99), (Ruling{.kind = Kind::Take, .source = 1}));
    EXPECT_EQ(judge({kAbsent, kAbsent, copy(1)}, 0, 99).kind, Kind::Undecided);
    EXPECT_EQ(judge({copy(2), copy(1)}, 0, 99), (Ruling{.kind = Kind::Take, .source = 0, .guessed = true}))
        << "both have it, so it was not deleted";
}

TEST(Arbiter, NodesThatNobodyTouchedAreRight) {
    EXPECT_EQ(judge({copy(1), unaltered(copy(2))}), (Ruling{.kind = Kind::Take, .source = 1}));
    EXPECT_EQ(judge({copy(1), unaltered(kAbsent)}).kind, Kind::Delete);
    EXPECT_EQ(judge({unaltered(copy(1)), kAbsent}, 0, 99), (Ruling{.kind = Kind::Take, .source = 0}));
    EXPECT_EQ(judge({unaltered(copy(1)), unaltered(copy(2))}),
              (Ruling{.kind = Kind::Take, .source = 0, .guessed = true}))
        << "when all are, none speaks against another";
}

TEST(Arbiter, TheLaterInsertionThenTheLargerNumber) {
    EXPECT_EQ(judge({copy(1, 10), copy(1, 10), copy(2, 20)}), (Ruling{.kind = Kind::Take, .source = 2}));
    EXPECT_EQ(judge({copy(1), copy(2), copy(2)}), (Ruling{.kind = Kind::Take, .source = 1}));
    EXPECT_EQ(judge({copy(1), copy(2), copy(3)}), (Ruling{.kind = Kind::Take, .source = 0, .guessed = true}));
    CopySeen fuller = copy(2);
    fuller.contains = 1;
    EXPECT_EQ(judge({copy(1), fuller}), (Ruling{.kind = Kind::Take, .source = 1})) << "the other missed a part";
    EXPECT_EQ(judge({copy(1), copy(1), fuller}), (Ruling{.kind = Kind::Take, .source = 0})) << "numbers first";
    EXPECT_FALSE(judge({copy(1), copy(2), copy(3, 11)}).guessed) << "the tie was between two that lost";
}

}  // namespace
}  // namespace miroir::quorum
