// Texts to values and back, one rule a type. What is refused comes back as the sentence that says what is allowed;
// the text itself is never repeated in it, so that the caller decides whether it may be shown.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "config/key_table.h"

namespace miroir::config {

// Reads `text` into the target, or says what is allowed instead.
std::optional<std::string> assign(const Target& target, const KeyFacts& facts, std::string_view text);
std::string show(const Target& target, const KeyFacts& facts);  // as assign() reads it back; secrets included
std::string type_name(const Target& target, const KeyFacts& facts);
std::string allowed(const Target& target, const KeyFacts& facts);  // "1 to 512", "development, production"; or empty

// Meilisearch's grammar of sizes: a number, perhaps with a fraction, then a unit. "100 MB", "95.4MiB", "800 Mb" (bits).
std::optional<std::uint64_t> parse_size(std::string_view text);
std::expected<Endpoint, std::string> parse_endpoint(std::string_view text);
std::string endpoint_text(const Endpoint& endpoint);
// The address of a node in one form (scheme and host in small letters, port written out), or what is wrong with it.
std::expected<std::string, std::string> normal_address(std::string_view text);

}  // namespace miroir::config
