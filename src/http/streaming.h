// Who asks others and hears their answer while it is being given, as a model gives it word by word.
#pragma once

#include <chrono>

#include "http/client.h"

namespace miroir::http {

class StreamingClient {
public:
    // The reply as soon as its head is there; its body comes out of `stream`. The deadline is that of the head; every
    // later piece may take `patience` (MiroirTimeout). The limit is that of the whole body. Whoever drops the stream
    // ends the exchange; a cancelled one ends with MiroirCanceled, also while a piece is waited for. Nothing is sent
    // twice.
    virtual env::Task<Result<Reply>> open(Address to, Outgoing request, SendOptions options,
                                          std::chrono::nanoseconds patience) = 0;

protected:
    ~StreamingClient() = default;
};

}  // namespace miroir::http
