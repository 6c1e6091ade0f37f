// How one engine would have filled its page, gone over again with all documents of a search at hand: tie by tie, those
// of a tie in the order of their insertion. What shares a distinct value with a document that is kept drops out, what
// lies below the threshold does, too; what is never looked at goes on to count.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "merge/search_merge.h"

namespace miroir::merge {

struct ReplayRecipe {
    std::size_t limit = 20;  // hits, from the first
    bool distinct = false;
    std::optional<double> threshold;
    bool to_the_end = false;  // goes on behind the last hit
};

using Stamps = std::vector<std::string_view>;

struct Replayed {
    std::vector<PickedHit> hits;
    Stamps candidates;     // what counts, in order
    bool guessed = false;  // by scores that nodes do not tell
};

// `answers` hold every document of the search, without distinct.
Replayed replay(std::span<const NodeAnswer> answers, const ReplayRecipe& recipe);

// A hybrid search out of its two: best first by weighted score, each document once.
Replayed replay_hybrid(const Replayed& words, const Replayed& vectors, double ratio, const ReplayRecipe& recipe,
                       std::span<const NodeAnswer> answers);

// Of the hits, those that show what an earlier one does drop out, and count no more.
void drop_repeated(Replayed& replayed);

// One document for each distinct value: the earliest inserted.
void keep_earliest(Replayed& replayed, std::span<const NodeAnswer> answers);

}  // namespace miroir::merge
