// What a piece of text becomes before it is compared: compatibility decomposition, then (after the kind of token has
// been decided on that form) lower case, quotes, ligatures and marks, by script.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "node/text/script.h"

namespace miroir::node {

// Bytes of a code point of the original, bytes of what it became.
using CharMap = std::vector<std::pair<std::uint8_t, std::uint8_t>>;

struct Normalized {
    std::string decomposed;  // decides whether the token is a separator or a stop word
    std::string lemma;
    CharMap map;
};

// For text that is not plain ASCII.
Normalized normalize(std::string_view text, Script script);

}  // namespace miroir::node
