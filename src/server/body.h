// Reading what the client sent, with the engine's refusals word for word.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.h"
#include "json/value.h"
#include "server/router.h"

namespace miroir::server {

// The media type of Content-Type in lower case without parameters, when it is one of `accepted`; else the 415
// missing_content_type or invalid_content_type.
Result<std::string> check_content_type(const http::Headers& headers, std::initializer_list<std::string_view> accepted);

// The whole body. More than `limit` bytes: payload_too_large (413).
env::Task<Result<std::string>> read_body(Incoming& in, std::size_t limit);

// Content type application/json, then the whole body as one value: missing_payload when it is empty,
// malformed_payload when it is no JSON, and 500 `internal` when it is larger than `limit`, as the engine has it.
env::Task<Result<json::Value>> read_json_body(Incoming& in, std::size_t limit);
// The same as the text itself, which is sound JSON.
env::Task<Result<std::string>> read_json_text(Incoming& in, std::size_t limit);

}  // namespace miroir::server
