// Value to text: compact, keys in the order of the value, floats as the engine prints them (1.0, 1e-7, 1e+16).
#pragma once

#include <string>
#include <string_view>

#include "json/value.h"

namespace miroir::json {

std::string to_text(const Value& value);
void append_text(std::string& out, const Value& value);
void append_text(std::string& out, const Object& object);
void append_string(std::string& out, std::string_view text);  // quoted and escaped
void append_double(std::string& out, double number);          // NaN and infinities become null

}  // namespace miroir::json
