// One thread's worth of the service: a client, routes, a front door and a listener on one reactor. Halls share
// nothing but the topology holder, the metrics and the log. Made and opened on the starting thread, before run().
#pragma once

#include <memory>

#include "admin/cluster_desk.h"
#include "admin/keyed_client.h"
#include "admin/metered_client.h"
#include "admin/operations.h"
#include "admin/prometheus_metrics.h"
#include "api/desk.h"
#include "cluster/snapshot.h"
#include "config/config.h"
#include "env/real/reactor.h"
#include "http/wire/client.h"
#include "http/wire/listener.h"
#include "server/front_door.h"

namespace miroir::app {

// What all halls share; outlives them.
struct Shared {
    const config::Config& config;
    env::Log& log;
    env::LogSwitch& log_switch;
    admin::PrometheusMetrics& metrics;
    cluster::SnapshotHolder& topology;
    admin::NodeLedger& ledger;
    cluster::Breakers& breakers;
    scatter::Paces& paces;
    const std::shared_ptr<api::PageEnds>& page_ends;
    const quorum::BehindBoard& behind;
    const admin::NodeKeys& node_keys;
    const http::Introducer& introducer;  // of nodes
    const quorum::Claim& claim;
    std::uint32_t threads;
};

// What the endpoints for clients need besides: the office that writes, and what it publishes.
struct ClientSide {
    quorum::Office& office;
    env::Executor& office_executor;
    const quorum::BehindBoard& behind;
    api::Desk::CatalogSource catalog;
    api::Desk::ShelvesSource shelves;
    rebalance::NodeLife& nodes;
    rebalance::Rebalancer& rebalancer;
};

class Hall {
public:
    Hall(Shared shared, env::Reactor& reactor);

    // Mounts what clients see. `office` lives on the first reactor.
    void serve_clients(const ClientSide& clients);
    // Takes the client port: the configured one, or `port` where the first hall was given any free one.
    Result<void> open(std::uint16_t port);
    // The metrics listener too; one hall does this.
    Result<void> open_metrics();

    std::uint16_t port() const { return listener_->port(); }
    std::uint16_t metrics_port() const { return metrics_listener_->port(); }
    env::Reactor& reactor() { return reactor_; }
    env::Env env() { return reactor_.env(shared_.log); }
    http::Client& client() { return metered_; }
    http::Client& writing_client() { return writing_; }
    http::Client& probe_client() { return probing_; }  // no breaker holds it back

    // On the hall's thread: stops accepting, waits for what runs. True when nothing was left at the limit.
    env::Task<bool> drain(std::chrono::nanoseconds limit);

private:
    Result<void> may_see_version(const server::Incoming& in) const;

    Shared shared_;
    env::Reactor& reactor_;
    wire::Client client_;
    wire::Client outside_;  // for calls that clients ask for
    admin::KeyedClient keyed_;
    admin::MeteredClient metered_;
    admin::MeteredClient writing_;
    admin::MeteredClient probing_;
    admin::Operations operations_;
    std::unique_ptr<api::Desk> desk_;
    std::unique_ptr<admin::ClusterDesk> cluster_desk_;
    server::Router router_;
    server::Router metrics_router_;
    server::FrontDoor door_;
    server::FrontDoor metrics_door_;
    std::unique_ptr<wire::Listener> listener_;
    std::unique_ptr<wire::Listener> metrics_listener_;
};

}  // namespace miroir::app
