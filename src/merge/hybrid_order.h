// Which of two hits a hybrid search puts first: the one by its vector or the one by its words.
#pragma once

#include <vector>

#include "merge/node_answer.h"
#include "protocol/score_details.h"

namespace miroir::merge {

// What hits of different queries are compared by: runs of rules as one share, times the weight. The stamp is left out.
std::vector<protocol::WeightedScore> weighted_key(const Hit& hit, double weight);

// Could the truth behind guessed shares compare in another way?
bool is_guessed(const std::vector<protocol::WeightedScore>& left, const std::vector<protocol::WeightedScore>& right);

// `ratio` weighs the vector, the rest of one the words; equal weights: the vector.
struct HybridOrder {
    bool vector_first = false;
    bool guessed = false;
};
HybridOrder hybrid_order(const Hit& vector, const Hit& words, double ratio);

}  // namespace miroir::merge
