// The little cryptography that keys and tokens need. Pure functions over bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace miroir::protocol {

enum class Digest : std::uint8_t { Sha256, Sha384, Sha512 };

std::string sha256(std::string_view message);                                     // raw bytes
std::string hmac(Digest digest, std::string_view key, std::string_view message);  // raw bytes
std::string hex_text(std::string_view bytes);                                     // lower case
bool same_secret(std::string_view a, std::string_view b);                         // in constant time
std::optional<std::string> base64url_decode(std::string_view text);               // without padding

}  // namespace miroir::protocol
