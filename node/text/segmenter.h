// Cuts a stretch of one script between two separators into words: whole for alphabets, by dictionary for Chinese,
// Japanese, Thai and Khmer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "node/text/normalizer.h"
#include "node/text/script.h"

namespace miroir::node {

// The language that a stretch of text is cut and normalised as. One allowed locale decides; else kana mean Japanese.
Language language_of(std::string_view text, Script script, const std::vector<std::string>& locales);

// The pieces of `text`, in order and without gaps.
std::vector<std::string_view> cut_words(std::string_view text, Script script, Language language);

}  // namespace miroir::node
