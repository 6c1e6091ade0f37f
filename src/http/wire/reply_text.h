// Replies as bytes. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/message.h"

namespace miroir::wire {

enum class BodyForm : std::uint8_t {
    None,    // by its status there is no body, nor a word about one
    Length,  // `body` follows, or would (HEAD)
    Chunked,
    UntilClose  // for HTTP/1.0
};

BodyForm body_form(const http::Reply& reply, bool chunks_understood);
// Status line, headers and the empty line. Framing headers of the reply are replaced by our own; a header that cannot
// be sent safely (a line end in its value) is left out.
std::string reply_head(const http::Reply& reply, BodyForm form, bool keep_alive);
// What stands before a chunk of this size; `first`: nothing stands before it.
std::string chunk_start(std::size_t bytes, bool first);
std::string_view last_chunk(bool first);

// The engine's error envelope, for what is refused before any handler sees it. `message` needs no escaping in JSON.
http::Reply refusal(int status, ErrorCode code, std::string_view message);

}  // namespace miroir::wire
