// Text to Value. Accepts and refuses what the engine's parser does (serde_json): depth 128, a number too large for
// 64 bits becomes a float, a repeated key keeps the last value, lone surrogates are refused; the message of a
// ParseError is word for word the engine's, "at line L column C" included.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "json/value.h"

namespace miroir::json {

struct ParseError {
    std::string message;  // "EOF while parsing a value at line 1 column 0"
    std::size_t line = 0;
    std::size_t column = 0;
    bool end_of_input = false;
};

// The whole text is one value; anything but white space behind it is "trailing characters".
std::expected<Value, ParseError> parse(std::string_view text);

// Reads one value from the front of `text` and drops it (and white space before it) from there: NDJSON, and
// payloads whose tail the engine ignores. Lines and columns count from `text` as given.
std::expected<Value, ParseError> parse_front(std::string_view& text);

}  // namespace miroir::json
