// An orchestrator reduced to its writing side: health worker, office, store. What the store keeps outlives it.
#pragma once

#include <memory>

#include "cluster/snapshot.h"
#include "quorum/office.h"
#include "rebalance/node_life.h"
#include "rebalance/rebalancer.h"
#include "sim/fakes/kept_store.h"
#include "workers/health_prober.h"

namespace miroir::sim {

struct ScribeOptions {
    cluster::TopologySpec topology;
    cluster::HealthOptions health;
    quorum::OfficeOptions office;
    rebalance::RebalancerOptions rebalance;
    std::shared_ptr<KeptStore> store;
};

class Scribe final : public App, public workers::NodeVoucher {
public:
    Scribe(const ScribeOptions& options, const AppContext& context);

    env::Task<void> stop() override;
    env::Task<bool> vouch(NodeId node, std::string address, env::Cancel) override;
    bool open() const { return rebalancer_ != nullptr; }
    quorum::Office& office() { return *office_; }
    rebalance::Rebalancer& rebalancer() { return *rebalancer_; }
    rebalance::NodeLife& node_life() { return *node_life_; }
    http::Client& client() { return client_; }
    const env::Env& env() const { return env_; }
    const quorum::BehindBoard& board() const { return board_; }
    const cluster::SnapshotHolder& topology() const { return topology_; }

private:
    env::Task<void> begin(ScribeOptions options);
    env::Task<Result<void>> open_all(ScribeOptions options);

    env::Env env_;
    http::Client& client_;
    env::Cancel ended_;
    StoreDoor store_;
    cluster::SnapshotHolder topology_;
    workers::HealthProber prober_;
    quorum::BehindBoard board_;
    std::shared_ptr<quorum::Introductions> introductions_ = std::make_shared<quorum::Introductions>();
    std::unique_ptr<quorum::Office> office_;
    rebalance::TopologyBook book_;
    std::unique_ptr<rebalance::NodeLife> node_life_;
    std::unique_ptr<rebalance::Rebalancer> rebalancer_;
};

AppFactory scribe(std::shared_ptr<const ScribeOptions> options);  // as they are when it starts

}  // namespace miroir::sim
