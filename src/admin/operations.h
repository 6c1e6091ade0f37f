// The routes of operators and probes: /health, /version, /_miroir/{ready,topology,shards,metrics}, and the metrics
// listener's /metrics. One object an executor; what it is handed outlives it.
#pragma once

#include <functional>
#include <string>

#include "admin/engine_version.h"
#include "admin/topology_view.h"
#include "cluster/snapshot.h"
#include "env/env.h"
#include "http/client.h"
#include "quorum/claim.h"
#include "server/router.h"

namespace miroir::admin {

struct OperationsOptions {
    std::string admin_key;  // empty: /_miroir/* but ready stays closed
    EngineVersionOptions version;
};

class Operations {
public:
    struct Parts {
        env::Env env;
        http::Client& client;
        const cluster::SnapshotHolder& topology;
        const NodeWatch& watch;
        const quorum::BehindBoard& behind;
        const quorum::Claim& claim;
        env::Metrics& metrics;
        std::function<std::string()> metrics_text;  // called from this executor
        std::function<Result<void>(const server::Incoming&)> may_see_version;
    };
    Operations(Parts parts, OperationsOptions options);

    void mount(server::Router& router);
    // The routes of the metrics listener: no key.
    void mount_metrics(server::Router& router);

private:
    env::Task<http::Reply> health(server::Incoming in);
    env::Task<http::Reply> version(server::Incoming in);
    env::Task<http::Reply> ready(server::Incoming in);
    env::Task<http::Reply> topology(server::Incoming in);
    env::Task<http::Reply> shards(server::Incoming in);
    env::Task<http::Reply> metrics(server::Incoming in);
    env::Task<http::Reply> open_metrics(server::Incoming in);
    http::Reply exposition();

    Parts parts_;
    OperationsOptions options_;
    EngineVersion version_;
};

}  // namespace miroir::admin
