// The replies that every endpoint makes: JSON of a value, and the engine's error envelope.
#pragma once

#include <string>

#include "base/error.h"
#include "http/message.h"
#include "json/value.h"

namespace miroir::server {

http::Reply json_reply(int status, const json::Value& value);
http::Reply json_text_reply(int status, std::string text);  // `text` is JSON already
http::Reply empty_reply(int status);

json::Value error_body(const Error& error);  // {"message","code","type","link"}
http::Reply error_reply(
    const Error& error);  // with the error's status; 503 asks to come back in 10 s, as the engine does

}  // namespace miroir::server
