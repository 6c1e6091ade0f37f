// The front door's sockets: accepts on one port, reads strict HTTP/1.1, hands each request to the handler and writes
// its reply. One request at a time on a connection. Lives on its reactor's thread; the handler must outlive it and
// every reply still owed. Malformed input is answered with 400 and the connection is closed.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "env/deadline.h"
#include "env/real/reactor.h"
#include "http/handler.h"

namespace miroir::wire {

// PEM files.
struct ListenerTls {
    std::string certificate;  // the whole chain, own certificate first
    std::string key;
    std::string client_authorities;  // empty: clients are not asked for a certificate
    bool client_required = false;    // with client_authorities: no certificate, no connection
};

struct ListenerOptions {
    std::string host = "127.0.0.1";  // an address, or "localhost"
    std::uint16_t port = 0;          // 0: any free one, see port()
    bool share_port = false;         // several listeners (one a reactor) may take the same port
    int backlog = 1024;
    std::optional<ListenerTls> tls;

    std::size_t request_line_bytes = 64 << 10;             // more: 414
    std::size_t header_bytes = 64 << 10;                   // all fields together; more: 431
    std::size_t header_count = 128;                        // more: 431
    std::chrono::milliseconds header_timeout{10'000};      // first byte to end of head, and the TLS greeting
    std::chrono::milliseconds body_idle_timeout{30'000};   // between two pieces of a body
    std::chrono::milliseconds keep_alive_timeout{75'000};  // between two requests
    std::chrono::milliseconds write_timeout{30'000};       // without the client taking a byte
    std::size_t connections = 20'000;                      // at the cap the connection that is idle longest makes room

    // A body that the handler did not want: so much is read for the sake of the next request, and so much and so long
    // before closing, so that the client gets to read the reply.
    std::size_t unread_body_bytes = 64 << 10;
    std::size_t linger_bytes = 128 << 20;
    std::chrono::milliseconds linger_timeout{5'000};
};

class Listener {
public:
    static Result<std::unique_ptr<Listener>> open(env::Reactor& reactor, http::Handler& handler,
                                                  ListenerOptions options);
    ~Listener();  // closes everything at once
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    std::uint16_t port() const;
    std::size_t connections() const;

    // Stops accepting, closes idle connections, lets what runs finish. At the deadline the calls left are cancelled and
    // their connections closed; it returns then, whatever they do.
    env::Task<void> drain(env::Deadline limit);

    struct Core;

private:
    explicit Listener(std::shared_ptr<Core> core) : core_(std::move(core)) {}
    std::shared_ptr<Core> core_;
};

}  // namespace miroir::wire
