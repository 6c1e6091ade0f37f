// Asks other servers over keep-alive connections kept per address; see http/client.h for what the errors mean.
// No reply encoding is asked for, redirects are not followed. Lives on its reactor's thread. Destroying it closes the
// idle connections; sends under way end by themselves.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "env/real/reactor.h"
#include "http/client.h"
#include "http/introducer.h"
#include "http/networks.h"
#include "http/streaming.h"

namespace miroir::wire {

// PEM files; all may be empty.
struct ClientTls {
    std::string authorities;  // empty: those of the system
    std::string certificate;  // shown to servers that ask for one
    std::string key;
    bool verify = true;
};

struct ClientOptions {
    ClientTls tls;
    std::chrono::milliseconds connect_timeout{2'000};  // more: MiroirNodeUnreachable
    std::chrono::milliseconds idle_timeout{4'000};     // Meilisearch closes after 5 s
    std::size_t idle_per_address = 64;
    std::size_t idle_total = 1024;
    std::size_t header_bytes = 64 << 10;            // of a reply
    std::optional<http::NetworkPolicy> networks{};  // set: an address it does not allow is MiroirInvalidRequest
};

class Client final : public http::Client, public http::StreamingClient {
public:
    Client(env::Reactor& reactor, ClientOptions options = {});
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // Whether the TLS files can be used (reads them now); if not, https addresses fail with the same error.
    Result<void> tls_ready() const;

    // From the next connection on; outlives the client.
    void introduce_by(const http::Introducer& introducer);

    env::Task<Result<http::Reply>> send(http::Address to, http::Outgoing request, http::SendOptions options) override;
    // On a connection of its own.
    env::Task<Result<http::Reply>> open(http::Address to, http::Outgoing request, http::SendOptions options,
                                        std::chrono::nanoseconds patience) override;

    std::size_t idle_connections() const;

    struct Core;

private:
    std::shared_ptr<Core> core_;
};

}  // namespace miroir::wire
