// Who asks others: the pooled wire client, or the simulated network.
#pragma once

#include "env/cancel.h"
#include "env/deadline.h"
#include "env/task.h"
#include "http/message.h"

namespace miroir::http {

struct Address {
    std::string host;
    std::uint16_t port = 0;
    bool tls = false;
    auto operator<=>(const Address&) const = default;
    std::string text() const;  // "http://host:port"
};
Result<Address> parse_address(std::string_view url);  // http://host[:port][/] and https://…

// A whole URL: where, and the path with its query.
struct Url {
    Address address;
    std::string target = "/";
};
Result<Url> parse_url(std::string_view url);

struct Outgoing {
    std::string method = "GET";
    std::string target = "/";
    Headers headers;  // Host, Content-Length, Connection are the client's business
    std::string body;
};

struct SendOptions {
    env::Deadline deadline;
    env::Cancel cancel;
    std::size_t body_limit = 256 << 20;  // of the reply
    bool repeatable = false;             // a connection found dead may be answered by sending once more
    std::string peer{};                  // who must be behind the address, see introducer.h; empty: whoever is
};

class Client {
public:
    // A reply with any status is a value; no reply is an error: MiroirNodeUnreachable (nothing was sent,
    // also because somebody else than `peer` is there), MiroirNodeBadReply (sent, and what came back is unusable),
    // MiroirTimeout, MiroirCanceled. Reply.body holds the whole body, decoded.
    virtual env::Task<Result<Reply>> send(Address to, Outgoing request, SendOptions options) = 0;

protected:
    ~Client() = default;
};

}  // namespace miroir::http
