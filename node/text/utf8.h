// Walking over UTF-8 text that is known to be valid (it came through the JSON parser).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace miroir::node {

struct CodePoint {
    char32_t value = 0;
    std::uint8_t bytes = 1;
};

// The code point at `at`; a stray byte counts as itself, so that a walk always moves on.
CodePoint code_point_at(std::string_view text, std::size_t at);
std::size_t count_code_points(std::string_view text);
void append_code_point(std::string& out, char32_t value);

}  // namespace miroir::node
