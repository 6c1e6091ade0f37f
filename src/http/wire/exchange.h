// One request and its reply on one connection.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "http/client.h"
#include "http/wire/stream.h"

namespace miroir::wire {

// The request's head, built anew from its parts; an error if a part could be read as something else.
Result<std::string> request_head(const http::Address& to, const http::Outgoing& request);

struct ReplyBounds {
    std::size_t header_bytes;
    std::size_t body_bytes;
};

struct Exchanged {
    Outcome outcome = Outcome::Failed;  // Ok: `reply` says the rest
    Result<http::Reply> reply;
    std::size_t bytes_sent = 0;
    bool heard = false;     // something came back
    bool reusable = false;  // the connection can take another request
};

// The caller has set the connection's deadline; `head` and `body` stay alive.
env::Task<Exchanged> exchange(std::shared_ptr<Stream> stream, std::string_view head, std::string_view body,
                              bool head_only, ReplyBounds bounds);

}  // namespace miroir::wire
