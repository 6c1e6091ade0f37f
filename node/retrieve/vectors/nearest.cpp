#include "node/retrieve/vectors/nearest.h"

#include <algorithm>
#include <map>

#include "node/retrieve/vectors/similarity.h"
#include "protocol/settings/settings.h"

namespace miroir::node {
namespace {

using Ranked = std::vector<std::pair<DocId, float>>;

// How one embedder compares vectors.
class Measure {
public:
    Measure(const Index& index, const std::string& embedder) {
        const auto& embedders = index.settings().embedders;
        const auto found = embedders.find(embedder);
        if (found == embedders.end()) return;
        quantized_ = found->second.binary_quantized;
        if (const auto& own = found->second.distribution)
            shift_ = DistributionShift{.mean = own->mean, .sigma = own->sigma};
    }
    float raw(std::span<const float> a, std::span<const float> b) const {
        if (a.size() != b.size()) return 0;
        return quantized_ ? quantized_similarity(a, b) : similarity(a, b);
    }
    float shown(float raw) const { return shift_ ? shift_->apply(raw) : raw; }

private:
    bool quantized_ = false;
    std::optional<DistributionShift> shift_;
};

Ranked best_first(Ranked ranked, std::size_t limit, const Measure& measure) {
    const auto before = [](const auto& a, const auto& b) {
        return a.second != b.second ? a.second > b.second : a.first < b.first;
    };
    const std::size_t kept = std::min(limit, ranked.size());
    std::ranges::partial_sort(ranked, ranked.begin() + static_cast<std::ptrdiff_t>(kept), before);
    ranked.resize(kept);
    for (auto& [id, similarity] : ranked) similarity = measure.shown(similarity);
    return ranked;
}

}  // namespace

Nearest nearest_to(const Index& index, std::string embedder, std::vector<float> target) {
    return
        [&index, embedder = std::move(embedder), target = std::move(target)](const DocIds& among, std::size_t limit) {
            const Measure measure(index, embedder);
            Ranked ranked;
            for (const auto& [id, stored] : index.vectors(embedder)) {
                if (stored.vectors.empty() || !among.contains(id)) continue;
                float best = -1;
                for (const auto& vector : stored.vectors) best = std::max(best, measure.raw(target, vector));
                ranked.emplace_back(id, best);
            }
            return best_first(std::move(ranked), limit, measure);
        };
}

Ranked nearest_to_document(const Index& index, const std::string& embedder, DocId id, const DocIds& among,
                           std::size_t limit) {
    const auto& all = index.vectors(embedder);
    const auto own = all.find(id);
    if (own == all.end()) return {};
    const Measure measure(index, embedder);
    Ranked ranked;
    for (const auto& [other, stored] : all) {
        if (other == id || !among.contains(other)) continue;
        const std::size_t pairs = std::min(own->second.vectors.size(), stored.vectors.size());
        float best = -1;
        for (std::size_t i = 0; i < pairs; ++i) {
            best = std::max(best, measure.raw(own->second.vectors[i], stored.vectors[i]));
        }
        if (best >= 0) ranked.emplace_back(other, best);
    }
    return best_first(std::move(ranked), limit, measure);
}

}  // namespace miroir::node
