#include "node/retrieve/vectors/similarity.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/assert.h"

namespace miroir::node {
namespace {

float dot(std::span<const float> a, std::span<const float> b) {
    float sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

}  // namespace

float similarity(std::span<const float> a, std::span<const float> b) {
    MIROIR_ASSERT(a.size() == b.size());
    const float lengths = std::sqrt(dot(a, a)) * std::sqrt(dot(b, b));
    if (lengths <= std::numeric_limits<float>::epsilon()) return 1.0F;
    const float cosine = std::clamp(dot(a, b) / lengths, -1.0F, 1.0F);
    return 1.0F - (1.0F - cosine) / 2.0F;
}

float quantized_similarity(std::span<const float> a, std::span<const float> b) {
    MIROIR_ASSERT(a.size() == b.size());
    if (a.empty()) return 1.0F;
    float agreeing = 0;
    for (std::size_t i = 0; i < a.size(); ++i) agreeing += std::signbit(a[i]) == std::signbit(b[i]) ? 1.0F : -1.0F;
    const float cosine = agreeing / static_cast<float>(a.size());
    return 1.0F - (1.0F - cosine) / 2.0F;
}

float DistributionShift::apply(float similarity) const {
    const float factor = 0.4F / sigma;
    const float offset = 0.5F - factor * mean;
    const float shifted = factor * similarity + offset;
    if (shifted <= 0.0F) return std::numeric_limits<float>::epsilon();
    return std::min(shifted, 1.0F);
}

}  // namespace miroir::node
