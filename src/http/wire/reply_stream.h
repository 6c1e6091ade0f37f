// One request on a connection of its own, and a reply whose body is read while it comes.
#pragma once

#include <memory>
#include <string>

#include "env/real/reactor.h"
#include "http/wire/exchange.h"

namespace miroir::wire {

struct Opening {
    env::Reactor& reactor;
    std::shared_ptr<Stream> stream;  // connected; ends with the reply's body
    http::Address to;
    std::string head;
    std::string body;
    ReplyBounds bounds;
    http::SendOptions options;
    std::chrono::nanoseconds patience;
};

env::Task<Result<http::Reply>> open_reply(Opening opening);

Error trouble(ErrorCode code, const http::Address& to, std::string_view what);

}  // namespace miroir::wire
