// Where to cut a text so that the best group of matches is seen: the group with the most different query words, then
// the densest, then the one in the order of the query. Pure arithmetic over tokens and matches.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "node/search/matching_words.h"
#include "node/text/tokenizer.h"

namespace miroir::node {

// First and last byte of the window of `words` words; `matches` may be empty: then the beginning of the text.
std::pair<std::size_t, std::size_t> crop_window(std::size_t text_size, const std::vector<Token>& tokens,
                                                std::span<const Match> matches, std::size_t words);

// The places in `matches` of the first and the last match of the best group that fits into `words` words.
std::pair<std::size_t, std::size_t> best_matches(std::span<const Match> matches, std::size_t words);

}  // namespace miroir::node
