// What the front door does with headers: CORS as the engine answers it, and the headers that no client may send us.
#pragma once

#include <optional>
#include <string>

#include "http/message.h"

namespace miroir::server {

// The answer to a CORS preflight, if the request is one: OPTIONS with Access-Control-Request-Method, on any path.
std::optional<http::Reply> preflight_reply(const http::Request& request);
// Every other reply allows any origin, when the request named one.
void add_cors(http::Headers& reply, bool request_has_origin);

// Takes out what only our own processes, or a proxy in front, may say: X-Miroir-* beyond the documented request
// headers, X-Forwarded-*, and the engine's headers between nodes.
void strip_internal(http::Headers& request);

// The client's X-Request-Id when it is short and harmless, else nothing.
std::optional<std::string> sound_request_id(const http::Headers& request);

}  // namespace miroir::server
