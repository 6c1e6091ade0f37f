#include "merge/step_merge.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>

namespace miroir::merge {
namespace {

constexpr double kNearnessSteps = 7;  // of one pair of words

struct Placed {
    PickedHit picked;
    std::size_t fallen = 0;
    std::vector<RankEntry> key;
};

// A key that compares with those of searches that leave out other words, as many.
std::vector<RankEntry> key_of(const Hit& hit, const Step& step) {
    std::vector<RankEntry> out(hit.key.begin(), hit.key.end());
    for (RankEntry& entry : out) {
        if (entry.shape != RankEntry::Shape::Weight) continue;
        if (entry.rule == RankEntry::Rule::Exactness && !step.from_the_end)
            entry.number = std::fmod(entry.number, kMatchTypeWeight);
        if (entry.rule == RankEntry::Rule::Proximity) {  // its cost, for the share is one of the pairs there are
            const double reach = 1 + kNearnessSteps * static_cast<double>(step.neighbours);
            entry.number = -std::round((1 - entry.fraction) * reach);
        }
    }
    return out;
}

std::strong_ordering order(const Placed& a, const Placed& b, const StepRecipe& recipe) {
    const RankKey left = a.key;
    const RankKey right = b.key;
    if (!recipe.rules_before) return compare(left, right);
    const std::size_t before = std::min({*recipe.rules_before, left.size(), right.size()});
    if (const auto values = compare(left.first(before), right.first(before)); values != 0) return values;
    if (a.fallen != b.fallen) return a.fallen <=> b.fallen;
    return compare(left.subspan(before), right.subspan(before));
}

}  // namespace

MergedHits merge_steps(std::span<const NodeAnswer> answers, const StepRecipe& recipe) {
    MergedHits out;
    std::map<std::string_view, Placed> best;  // by stamp
    for (std::size_t s = 0; s < recipe.steps.size(); ++s) {
        const Step& step = recipe.steps[s];
        const bool last = s + 1 == recipe.steps.size();
        const std::size_t end = last ? answers.size() : recipe.steps[s + 1].first_answer;
        for (std::size_t i = step.first_answer; i < end; ++i) {
            if (last) out.total += answers[i].total();
            for (const Hit& hit : answers[i].hits()) {
                if (hit.key.empty() || !hit.key.back().is_text) continue;
                Placed placed{.picked = {.answer = i, .hit = &hit}, .fallen = step.fallen, .key = key_of(hit, step)};
                const auto known = best.find(hit.key.back().text);
                if (known == best.end()) best.emplace(hit.key.back().text, std::move(placed));
                else if (placed.fallen == known->second.fallen && order(placed, known->second, recipe) < 0)
                    known->second = std::move(placed);
            }
        }
    }
    std::vector<const Placed*> sorted;
    for (const auto& [stamp, placed] : best) sorted.push_back(&placed);
    std::ranges::sort(sorted, [&](const Placed* a, const Placed* b) { return order(*a, *b, recipe) < 0; });
    out.filled = sorted.size() >= recipe.skip + recipe.take;
    for (std::size_t i = recipe.skip; i < sorted.size() && out.page.size() < recipe.take; ++i)
        out.page.push_back(sorted[i]->picked);
    return out;
}

}  // namespace miroir::merge
