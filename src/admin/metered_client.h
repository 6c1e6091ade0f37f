// An http::Client that writes down how every call to a node went, and keeps calls away from a node whose breaker is
// open: those end at once as MiroirNodeUnreachable, nothing was sent. Lives on the executor of the client behind it.
#pragma once

#include "admin/node_ledger.h"
#include "cluster/breakers.h"
#include "cluster/snapshot.h"
#include "env/env.h"
#include "http/client.h"

namespace miroir::admin {

struct Guard {
    cluster::Breakers* breakers = nullptr;  // none: every call goes out
    env::Random* random = nullptr;          // with breakers: spreads their pauses
    // A call that was given less time than this and ran out of it says nothing about the node.
    std::chrono::nanoseconds fair_time = std::chrono::seconds(1);
    bool probing = false;  // these calls are health probes: never held back, and an answer ends a breaker's pause
    // These calls are writes: one after another to each node, and each refusal costs a client his write. They go along
    // with the trial of a breaker that is half open.
    bool writing = false;
};

class MeteredClient final : public http::Client {
public:
    MeteredClient(env::Clock& clock, http::Client& inner, const cluster::SnapshotHolder& topology, NodeLedger& ledger,
                  Guard guard = {})
        : clock_(clock), inner_(inner), topology_(topology), ledger_(ledger), guard_(guard) {}

    env::Task<Result<http::Reply>> send(http::Address to, http::Outgoing request, http::SendOptions options) override;

private:
    using Permit = std::optional<cluster::Breakers::Permit>;

    std::optional<NodeId> node_at(const http::Address& address);
    env::Task<Result<http::Reply>> watched(NodeId node, Permit permit, http::Address to, http::Outgoing request,
                                           http::SendOptions options);
    void settle(const NodeId& node, Permit permit, const Result<http::Reply>& reply, env::Monotonic begun);

    env::Clock& clock_;
    http::Client& inner_;
    const cluster::SnapshotHolder& topology_;
    NodeLedger& ledger_;
    Guard guard_;
    std::uint64_t known_version_ = 0;  // of the topology behind `known_`
    std::vector<std::pair<http::Address, NodeId>> known_;
};

// "search", "documents", …: the kind of a call by its path, a handful of words.
std::string_view operation_of(std::string_view target);

}  // namespace miroir::admin
