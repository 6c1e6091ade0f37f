#include "node/retrieve/vectors/similarity.h"

#include <gtest/gtest.h>

#include <vector>

namespace miroir::node {
namespace {

const std::vector<float> kEast{1, 0};
const std::vector<float> kNorth{0, 2};
const std::vector<float> kWest{-3, 0};

TEST(Similarity, RunsFromOppositeToSame) {
    EXPECT_FLOAT_EQ(similarity(kEast, kEast), 1.0F);
    EXPECT_FLOAT_EQ(similarity(kEast, kNorth), 0.5F);
    EXPECT_FLOAT_EQ(similarity(kEast, kWest), 0.0F);
}

TEST(Similarity, IsThatOfTheEngine) {
    // Recorded: 0.9985799789428711.
    EXPECT_EQ(
        similarity(std::vector<float>{0.9F, 0.4F, 0.2F, 0.05F}, std::vector<float>{0.887F, 0.4618F, 0.225F, 0.01F}),
        0.9985799789428711F);
}

TEST(Similarity, QuantizedLooksAtSignsOnly) {
    EXPECT_FLOAT_EQ(quantized_similarity(std::vector<float>{0.1F, -5}, std::vector<float>{7, -0.1F}), 1.0F);
    EXPECT_FLOAT_EQ(quantized_similarity(std::vector<float>{1, 1}, std::vector<float>{1, -1}), 0.5F);
}

TEST(Similarity, ShiftDrawsTheMeanToOneHalf) {
    const DistributionShift shift{.mean = 0.7F, .sigma = 0.1F};
    EXPECT_FLOAT_EQ(shift.apply(0.7F), 0.5F);
    EXPECT_FLOAT_EQ(shift.apply(0.8F), 0.9F);
    EXPECT_EQ(shift.apply(1.0F), 1.0F);
    EXPECT_GT(shift.apply(0.0F), 0.0F);
}

}  // namespace
}  // namespace miroir::node
