// Answers of several searches, each with some words left out, as one list: a document stands where the search that
// leaves out fewest words puts it, among those the one that puts it best.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "merge/search_merge.h"

namespace miroir::merge {

struct Step {
    std::size_t first_answer = 0;
    std::size_t fallen = 0;      // words left out
    bool from_the_end = true;    // false: no attribute can be exactly, or begin with, what is left
    std::size_t neighbours = 0;  // pairs of words whose nearness counts
};

struct StepRecipe {
    std::size_t skip = 0;
    std::size_t take = 20;
    std::vector<Step> steps;  // the last one finds all there is
    // How many rules come before the words that are left; nothing: no rule asks for them.
    std::optional<std::size_t> rules_before{};
};

MergedHits merge_steps(std::span<const NodeAnswer> answers, const StepRecipe& recipe);

}  // namespace miroir::merge
