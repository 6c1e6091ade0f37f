// Content encodings: which one a client wants, replies in it, and request bodies out of it. Inflation is piecewise and
// counted, so that a small body cannot become a huge one. Used by the front door only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace miroir::server {

enum class Encoding : std::uint8_t { Identity, Brotli, Gzip, Deflate };

std::string_view encoding_name(Encoding encoding);  // "br"; "identity"
// The encoding of a Content-Encoding header; nothing for a list, an unknown word or none: taken as not encoded.
std::optional<Encoding> encoding_of(std::string_view content_encoding);
// What to answer in: the highest weight, then br > gzip > deflate; Identity when none of them is asked for; nothing
// when the client accepts none at all, not even plain bytes (406).
std::optional<Encoding> negotiate(std::string_view accept_encoding);

std::string compress(Encoding encoding, std::string_view text);
// Each piece is flushed as it comes: event streams stay live.
std::unique_ptr<http::BodySource> compressed(Encoding encoding, std::unique_ptr<http::BodySource> plain);
// The plain bytes of an encoded body. Broken bytes are bad_request with the engine's text, more than `inflated_max`
// bytes payload_too_large.
std::unique_ptr<http::BodySource> decompressed(Encoding encoding, std::unique_ptr<http::BodySource> encoded,
                                               std::size_t inflated_max);

}  // namespace miroir::server
