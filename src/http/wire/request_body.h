// The body of the request that a connection is serving, read from the connection as the handler asks for it. It ends
// with the request: after that a handler who kept it gets errors.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "env/real/reactor.h"
#include "http/message.h"
#include "http/wire/chunked.h"
#include "http/wire/head.h"
#include "http/wire/stream.h"

namespace miroir::wire {

class RequestBody {
public:
    RequestBody(env::Reactor& reactor, std::shared_ptr<Stream> stream, const RequestHead& head,
                std::chrono::nanoseconds patience);

    env::Task<Result<std::string>> next();

    bool complete() const { return complete_; }
    bool in_use() const { return in_use_; }
    bool usable() const { return !failure_; }
    bool wants_invitation() const { return wants_invitation_; }  // the client waits for "100 Continue"
    // Bytes that are still to come; nullopt: not known.
    std::optional<std::uint64_t> left() const;
    void detach();

private:
    Result<std::string> take();
    void mark_complete();
    Error failure_of(Outcome outcome) const;

    env::Reactor& reactor_;
    std::shared_ptr<Stream> stream_;
    std::chrono::nanoseconds patience_;
    bool chunked_;
    std::uint64_t left_;
    ChunkedReader chunks_;
    bool wants_invitation_;
    bool complete_ = false;
    bool in_use_ = false;
    std::optional<Error> failure_;
};

// The handler's hold on it.
std::unique_ptr<http::BodySource> source_of(std::shared_ptr<RequestBody> body);

}  // namespace miroir::wire
