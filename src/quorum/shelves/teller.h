// Tells every node what stands on the shelves and concerns it: the switches of experimental features. A node that comes
// back may be another than it was, so it is told again.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "cluster/topology.h"
#include "quorum/shelves/shelves.h"
#include "quorum/writer.h"

namespace miroir::quorum {

class Teller {
public:
    using TopologySource = std::function<cluster::TopologyPtr()>;

    Teller(env::Env env, Writer& writer, const ShelfBook& shelves, TopologySource topology)
        : env_(env), writer_(writer), shelves_(shelves), topology_(std::move(topology)) {}

    // Every node that can be reached has them when it returns.
    env::Task<void> tell_features();
    env::Task<void> run(env::Cancel stop);

private:
    env::Env env_;
    Writer& writer_;
    const ShelfBook& shelves_;
    TopologySource topology_;
    std::map<NodeId, std::string> features_told_;  // what each node was last told, as JSON
};

}  // namespace miroir::quorum
