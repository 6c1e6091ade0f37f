// A server of which a test plays every byte; only tests include it.
#pragma once

#include "http/wire/loopback.h"

namespace miroir::wire {

// A server of which the test plays every byte.
class RawServer {
public:
    RawServer() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in at = RawSocket::loopback(0);
        socklen_t size = sizeof(at);
        ::bind(fd_, reinterpret_cast<sockaddr*>(&at), size);
        ::listen(fd_, 16);
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
        port_ = ntohs(at.sin_port);
        const timeval limit{5, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    }
    ~RawServer() { ::close(fd_); }

    std::uint16_t port() const { return port_; }
    RawSocket accept() { return RawSocket(::accept(fd_, nullptr, nullptr), 0); }

private:
    int fd_;
    std::uint16_t port_ = 0;
};

}  // namespace miroir::wire
