// Keep-alive connections that wait for their next request, by address, the youngest taken first. One that speaks or
// ends while it waits is dropped at once. Bounded per address and in all.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <vector>

#include "http/client.h"
#include "http/wire/stream.h"

namespace miroir::wire {

class Pool : public std::enable_shared_from_this<Pool> {
public:
    struct Bounds {
        std::size_t per_address;
        std::size_t total;
        std::chrono::nanoseconds idle_timeout;
    };

    Pool(env::Reactor& reactor, Bounds bounds) : reactor_(reactor), bounds_(bounds) {}

    std::shared_ptr<Stream> take(const http::Address& address);  // nullptr: none is alive
    void put(const http::Address& address, std::shared_ptr<Stream> stream);
    void close_all();
    std::size_t size() const { return size_; }

private:
    bool is_alive(const Stream& stream) const;
    void drop(const Stream* stream);

    env::Reactor& reactor_;
    Bounds bounds_;
    std::map<http::Address, std::vector<std::shared_ptr<Stream>>> idle_;
    std::size_t size_ = 0;
    bool closed_ = false;
};

}  // namespace miroir::wire
