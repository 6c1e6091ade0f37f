// Nodes of one cluster ought to run one engine version. Which do not, in words; never a reason to refuse them.
#pragma once

#include <string>
#include <vector>

#include "cluster/topology.h"

namespace miroir::cluster {

// A sentence for each node of the topology, empty where there is nothing to say. The version most nodes run is the
// usual one; among equals the higher one. Nodes whose version is unknown, and removed ones, have no say.
std::vector<std::string> version_notes(const Topology& topology);

}  // namespace miroir::cluster
