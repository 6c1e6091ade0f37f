// Reading JSON without building a tree: simdjson on demand, for bytes that are looked at and passed on.
// Only .cpp files include this; it is a heavy header. Views into a document live as long as its parser and its bytes.
#pragma once

#include <simdjson.h>

#include <string>

namespace miroir::json::lazy {

namespace od = simdjson::ondemand;

// Gives the text the room behind its end that the reader needs.
inline simdjson::padded_string_view padded(std::string& text) {
    text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    return simdjson::padded_string_view(text.data(), text.size(), text.capacity());
}

}  // namespace miroir::json::lazy
