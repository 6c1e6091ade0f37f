// The form in which texts are compared by filters, facets, sort and distinct: trimmed, each character
// decomposed (NFKD) by itself, then lower-cased. Accents stay, as combining marks.
#pragma once

#include <string>
#include <string_view>

namespace miroir::protocol {

std::string normalize_facet(std::string_view text);
// Is the text surely in that form already? Quick; of most texts that are.
bool is_plainly_normal(std::string_view text);

// The forms in which settings keep words: decomposed only (stop words), or also without marks, lower-cased and with
// ligatures spelled out (words exempt from typos).
std::string decomposed_text(std::string_view text);
std::string plain_word(std::string_view text);

// A number in messages and facet keys: the shortest digits, no trailing zeros, never an exponent ("2.5", "10").
std::string plain_number(double number);
inline std::string facet_number(double number) { return plain_number(number); }

// A text as the key of a facet value: cut where the engine cuts it (468 bytes, at a character).
std::string_view cut_facet_value(std::string_view normalized);

}  // namespace miroir::protocol
