// Finds the words of an index that are one or two typos away from a word (a swap of neighbours is one typo), in byte
// order and up to the engine's caps. Under `prefix`, a word need only begin with something that near.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "node/index/postings.h"

namespace miroir::node {

inline constexpr std::size_t kMostOneTypo = 150;
inline constexpr std::size_t kMostTwoTypos = 50;

struct NearWords {
    std::vector<WordId> one_typo;
    std::vector<WordId> two_typos;  // a typo on the first letter counts as two
};

// most_typos: 1 or 2.
NearWords near_words(const Postings& postings, std::string_view word, std::uint8_t most_typos, bool prefix);

}  // namespace miroir::node
