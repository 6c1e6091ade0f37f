// Scripts as the engine tells them apart, by blocks: a change of script ends a word, and the script decides how a
// stretch of text is cut and normalised.
#pragma once

#include <cstdint>

namespace miroir::node {

enum class Script : std::uint8_t {
    Other,
    Latin,
    Cyrillic,
    Arabic,
    Devanagari,
    Hebrew,
    Ethiopic,
    Georgian,
    Bengali,
    Hangul,
    Cj,
    Greek,
    Kannada,
    Tamil,
    Thai,
    Gujarati,
    Gurmukhi,
    Telugu,
    Malayalam,
    Oriya,
    Myanmar,
    Sinhala,
    Khmer,
    Armenian
};

// Digits, spaces, signs and scripts without a name here are Other. Armenian letters too: they do not end a word.
Script script_of(char32_t c);
bool is_armenian(char32_t c);

}  // namespace miroir::node
