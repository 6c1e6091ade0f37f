// An http::Client that writes down how every call to a node went. Lives on the executor of the client behind it.
#pragma once

#include "admin/node_ledger.h"
#include "cluster/snapshot.h"
#include "env/env.h"
#include "http/client.h"

namespace miroir::admin {

class MeteredClient final : public http::Client {
public:
    MeteredClient(env::Clock& clock, http::Client& inner, const cluster::SnapshotHolder& topology, NodeLedger& ledger)
        : clock_(clock), inner_(inner), topology_(topology), ledger_(ledger) {}

    env::Task<Result<http::Reply>> send(http::Address to, http::Outgoing request, http::SendOptions options) override;

private:
    std::optional<NodeId> node_at(const http::Address& address);

    env::Clock& clock_;
    http::Client& inner_;
    const cluster::SnapshotHolder& topology_;
    NodeLedger& ledger_;
    std::uint64_t known_version_ = 0;  // of the topology behind `known_`
    std::vector<std::pair<http::Address, NodeId>> known_;
};

// "search", "documents", …: the kind of a call by its path, a handful of words.
std::string_view operation_of(std::string_view target);

}  // namespace miroir::admin
