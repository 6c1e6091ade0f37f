// The built-in separators: single characters, and the three sequences that count as one.
#pragma once

#include <array>
#include <string_view>

namespace miroir::node {

bool is_separator(char32_t c);
bool is_hard_separator(char32_t c);

// ". " and ", " are hard while "." and "," alone are soft; the third ends a Khmer paragraph.
inline constexpr std::array<std::string_view, 3> kSeparatorSequences = {". ", ", ", "។ល។"};

}  // namespace miroir::node
