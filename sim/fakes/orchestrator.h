// A whole orchestrator but for its sockets: health worker, office, desk, routes and front door, over the simulated
// wires.
#pragma once

#include <memory>

#include "api/desk.h"
#include "api/routes.h"
#include "cluster/snapshot.h"
#include "quorum/office.h"
#include "server/front_door.h"
#include "sim/fakes/kept_store.h"
#include "workers/health_prober.h"

namespace miroir::sim {

struct OrchestratorOptions {
    cluster::TopologySpec topology;
    cluster::HealthOptions health;
    quorum::OfficeOptions office;
    scatter::ScatterOptions scatter;
    api::DeskOptions desk;
    std::shared_ptr<KeptStore> store;
};

class Orchestrator final : public App {
public:
    Orchestrator(const OrchestratorOptions& options, const AppContext& context);

    http::Handler* handler() override { return &door_; }
    env::Task<void> stop() override;
    bool open() const { return desk_ != nullptr; }
    quorum::Office& office() { return *office_; }
    const quorum::BehindBoard& board() const { return board_; }
    const cluster::SnapshotHolder& topology() const { return topology_; }

private:
    env::Task<void> begin(OrchestratorOptions options);

    env::Env env_;
    http::Client& client_;
    env::Cancel ended_;
    StoreDoor store_;
    cluster::SnapshotHolder topology_;
    workers::HealthProber prober_;
    quorum::BehindBoard board_;
    plan::CatalogPtr catalog_ = std::make_shared<const plan::Catalog>();
    quorum::ShelvesPtr shelves_ = std::make_shared<const quorum::Shelves>();
    std::unique_ptr<quorum::Office> office_;
    std::unique_ptr<api::Desk> desk_;
    server::Router router_;
    server::FrontDoor door_;
};

AppFactory orchestrator(OrchestratorOptions options);

}  // namespace miroir::sim
