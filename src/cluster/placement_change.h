// The next snapshot with another placement. Only for this folder: moves are the way to it.
#pragma once

#include "cluster/topology.h"

namespace miroir::cluster {

TopologyPtr with_placement(const Topology& from, Placement placement);

}  // namespace miroir::cluster
