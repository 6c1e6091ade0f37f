// The topology as the store keeps it: nodes, roles, weights, zones, and which node holds which shard in which role.
// What probes find out is not kept: every node is asked anew.
#pragma once

#include <string>

#include "cluster/topology.h"

namespace miroir::rebalance {

std::string to_record(const cluster::Topology& topology);

// `shards`: of new indexes, as configured now. Where more shards are to be placed than were, the new ones get their
// ideal place: nothing can be in them yet.
Result<cluster::TopologyPtr> topology_from(const std::string& record, std::uint32_t shards);

}  // namespace miroir::rebalance
