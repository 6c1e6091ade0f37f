// Which of two hits a hybrid search puts first: the one by its vector or the one by its words.
#pragma once

#include <vector>

#include "merge/node_answer.h"
#include "protocol/score_details.h"

namespace miroir::merge {

// What hits of different queries are compared by: runs of rules as one share, times the weight. The stamp is left out.
std::vector<protocol::WeightedScore> weighted_key(const Hit& hit, double weight);

// `ratio` weighs the vector, the rest of one the words; equal weights: the vector.
bool vector_comes_first(const Hit& vector, const Hit& words, double ratio);

}  // namespace miroir::merge
