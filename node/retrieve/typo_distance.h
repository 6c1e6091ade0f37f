// Edit distance as the engine counts typos: insertion, deletion, substitution and the swap of neighbours cost one each.
// Works on code points; bounded by the lengths of the texts.
#pragma once

#include <string_view>

namespace miroir::node {

bool within_typos(std::string_view wanted, std::string_view text, unsigned typos);

// Some beginning of `text` is within so many typos of `wanted`.
bool begins_within_typos(std::string_view wanted, std::string_view text, unsigned typos);

}  // namespace miroir::node
