// UUIDs as text: every form that the engine takes becomes the lower-case hyphenated one.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace miroir::protocol {

// The canonical text, or the sentence that says what is wrong ("invalid character: found `o` at 0").
std::expected<std::string, std::string> parse_uuid(std::string_view text);

}  // namespace miroir::protocol
