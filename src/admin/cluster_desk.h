// The operator's routes that change the cluster: nodes and groups come and go, shards move. What they ask is done by
// the rebalance room on the office's executor; one object an executor; what it is handed outlives it.
#pragma once

#include <string>

#include "env/env.h"
#include "quorum/office.h"
#include "rebalance/node_life.h"
#include "rebalance/rebalancer.h"
#include "server/router.h"

namespace miroir::admin {

class ClusterDesk {
public:
    struct Parts {
        env::Env env;
        env::Executor& home;  // where the following live
        const cluster::SnapshotHolder& topology;
        rebalance::NodeLife& nodes;
        rebalance::Rebalancer& rebalancer;
        quorum::Office& office;
        quorum::AntiEntropy& anti_entropy() const { return office.anti_entropy(); }
    };
    ClusterDesk(Parts parts, std::string admin_key) : parts_(parts), admin_key_(std::move(admin_key)) {}

    void mount(server::Router& router);

private:
    using Answer = env::Task<Result<json::Value>>;
    using Deed = Answer (ClusterDesk::*)(server::Incoming& in, json::Value body);
    void add(server::Router& router, std::string_view method, std::string_view pattern, int status, Deed deed);
    env::Task<http::Reply> serve(server::Incoming in, int status, Deed deed);

    Answer add_node(server::Incoming& in, json::Value body);
    Answer add_group(server::Incoming& in, json::Value body);
    Answer drop_group(server::Incoming& in, json::Value body);
    Answer drain_group(server::Incoming& in, json::Value body);
    Answer list_groups(server::Incoming& in, json::Value body);
    Answer let_group_go(server::Incoming& in, bool forget);
    Answer compare(server::Incoming& in, json::Value body);
    Answer comparing(server::Incoming& in, json::Value body);
    Answer drain(server::Incoming& in, json::Value body);
    Answer recover(server::Incoming& in, json::Value body);
    Answer write_off(server::Incoming& in, json::Value body);
    Answer remove(server::Incoming& in, json::Value body);
    Answer node_status(server::Incoming& in, json::Value body);
    Answer start(server::Incoming& in, json::Value body);
    Answer pause(server::Incoming& in, json::Value body);
    Answer resume(server::Incoming& in, json::Value body);
    Answer cancel(server::Incoming& in, json::Value body);
    Answer status(server::Incoming& in, json::Value body);
    Answer explain(server::Incoming& in, json::Value body);
    Answer task(server::Incoming& in, json::Value body);

    env::Task<Result<void>> carry(env::Task<Result<void>> wish);
    Answer status_after(server::Incoming& in, env::Task<Result<void>> wish);
    json::Value about(const NodeId& node, bool dry) const;

    Parts parts_;
    std::string admin_key_;
};

}  // namespace miroir::admin
