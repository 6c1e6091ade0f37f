// How near two vectors are, as the engine counts it: single precision, 1 for the same direction, 0 for the opposite.
#pragma once

#include <optional>
#include <span>

namespace miroir::node {

// (1 + cosine) / 2; 1 when one of the vectors has no length.
float similarity(std::span<const float> a, std::span<const float> b);

// The same for vectors of which only the signs are kept.
float quantized_similarity(std::span<const float> a, std::span<const float> b);

// An embedder's own distribution of similarities, drawn to a mean of 0.5 and a spread of 0.4.
struct DistributionShift {
    float mean = 0.5F;
    float sigma = 0.4F;

    float apply(float similarity) const;
};

}  // namespace miroir::node
