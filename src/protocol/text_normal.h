// The form in which texts are compared by filters, facets, sort and distinct: NFKD, marks removed, folded, trimmed.
#pragma once

#include <string>
#include <string_view>

namespace miroir::protocol {

std::string normalize_facet(std::string_view text);

// How a number is written as a facet key and read back: no trailing zeros, never an exponent ("2.5", "10").
std::string facet_number(double number);

// A text as the key of a facet value: cut where the engine cuts it (468 bytes, at a character).
std::string_view cut_facet_value(std::string_view normalized);

}  // namespace miroir::protocol
