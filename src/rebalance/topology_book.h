// The topology, durable: nodes, roles and placement as every process of the cluster must agree on them. A change is
// written down before anybody sees it; changes are made one after another, each from the newest snapshot, so that two
// operators never undo each other's. Reach and facts belong to the probes and are not kept. Lives on one executor.
#pragma once

#include "cluster/snapshot.h"
#include "env/lane.h"
#include "tasks/store.h"

namespace miroir::rebalance {

// The topology to start with: what the store keeps, where the configuration follows it (layout.h); the configured one
// at the first start and while no index exists. MiroirConfigInvalid where documents would not be found.
env::Task<Result<cluster::TopologyPtr>> open_topology(tasks::Store& store, cluster::TopologyPtr configured);

class TopologyBook {
public:
    TopologyBook(env::Executor& executor, tasks::Store& store, cluster::SnapshotHolder& published)
        : store_(store), published_(published), lane_(executor) {}

    cluster::TopologyPtr current() const { return published_.current(); }
    // Durable and published when it returns; what it returns is then current.
    env::Task<Result<cluster::TopologyPtr>> change(cluster::SnapshotHolder::Change change);
    // The same where more is to become durable with it: the change adds it to the batch.
    using RecordedChange = std::function<Result<cluster::TopologyPtr>(const cluster::Topology&, tasks::Batch&)>;
    env::Task<Result<cluster::TopologyPtr>> change_recorded(RecordedChange change);
    // Each of two nodes is where the other was. False: by now they are somewhere else than these.
    env::Task<Result<bool>> exchange_addresses(cluster::NodeSpec one, cluster::NodeSpec other);
    // Every reader has left the snapshots before this placement version.
    std::uint64_t oldest_in_use() { return published_.oldest_placement_in_use(); }

private:
    tasks::Store& store_;
    cluster::SnapshotHolder& published_;
    env::Lane lane_;
};

}  // namespace miroir::rebalance
