// An http::Client that puts the node key of today in the place of the one a call was made with. A node that refuses it
// is shown the key before it: a refused call has changed nothing.
#pragma once

#include <set>

#include "admin/node_keys.h"
#include "http/client.h"

namespace miroir::admin {

class KeyedClient final : public http::Client {
public:
    KeyedClient(http::Client& inner, const NodeKeys& keys) : inner_(inner), keys_(keys) {}

    env::Task<Result<http::Reply>> send(http::Address to, http::Outgoing request, http::SendOptions options) override;

private:
    http::Client& inner_;
    const NodeKeys& keys_;
    std::shared_ptr<const NodeKeyPair> seen_;
    std::set<http::Address> settled_;  // took the current key of `seen_`
};

}  // namespace miroir::admin
