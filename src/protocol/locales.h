// The languages a query or a setting may name: two- and three-letter codes of ISO 639.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "protocol/fields/place.h"

namespace miroir::protocol {

bool is_locale(std::string_view code);
// The three-letter form ("en" → "eng"); the code itself when it has one already.
std::string_view long_locale(std::string_view code);
// As a JSON member ("Unknown value `x` at …: expected one of …") or a query parameter ("Unsupported locale `x`, …").
Result<void> read_locale(const json::Value& value, const Place& place, std::string& out);

}  // namespace miroir::protocol
