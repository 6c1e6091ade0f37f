// The layout that the data was written under: nodes by name, groups, replicas, and with them which node holds which
// shard. Kept in the store. A start with another layout over data that is there already would look for documents where
// they are not; it is refused before anything is asked or written.
#pragma once

#include "cluster/topology.h"
#include "tasks/store.h"

namespace miroir::quorum {

// Why documents written under `before` could not be found, or would be counted twice, under `now`; nothing: they can.
std::optional<std::string> layout_hides(const cluster::Topology& before, const cluster::Topology& now);

// Compares with what the store keeps and keeps `now`. Without data every layout is welcome.
env::Task<Result<void>> keep_layout(tasks::Store& store, cluster::TopologyPtr now, bool has_data);

}  // namespace miroir::quorum
