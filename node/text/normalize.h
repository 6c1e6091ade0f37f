// Normal forms of texts outside of tokens: the key of a facet value.
#pragma once

#include <string>
#include <string_view>

namespace miroir::node {

// Compatibility decomposition without marks, lower case, trimmed; at most 468 bytes are kept.
std::string normalize_facet(std::string_view text);

}  // namespace miroir::node
