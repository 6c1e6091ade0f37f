// The two ends' TLS settings, read from PEM files once. What cannot be used is MiroirConfigInvalid and names the file.
#pragma once

#include <memory>

#include "base/result.h"
#include "http/wire/client.h"
#include "http/wire/listener.h"

namespace boost::asio::ssl {
class context;
}

namespace miroir::wire {

class TlsContext {
public:
    explicit TlsContext(std::unique_ptr<boost::asio::ssl::context> context, bool verify);
    ~TlsContext();

    boost::asio::ssl::context& context() const { return *context_; }
    bool verify() const { return verify_; }  // the name of the server too

private:
    std::unique_ptr<boost::asio::ssl::context> context_;
    bool verify_;
};

Result<std::shared_ptr<const TlsContext>> make_server_tls(const ListenerTls& files);
Result<std::shared_ptr<const TlsContext>> make_client_tls(const ClientTls& files);

}  // namespace miroir::wire
