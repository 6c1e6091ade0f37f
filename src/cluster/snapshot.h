// Where the current topology is published. Any thread may read; changes are made one after another, each from the
// newest snapshot, so that two writers never overwrite each other's change.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "cluster/topology.h"

namespace miroir::cluster {

class SnapshotHolder {
public:
    explicit SnapshotHolder(TopologyPtr first);

    TopologyPtr current() const;

    // Publishes what `change` makes of the newest snapshot and returns what is then current. A failed change publishes
    // nothing; one that returns nullptr is no change. The version never goes back. `change` must not call back here.
    using Change = std::function<Result<TopologyPtr>(const Topology&)>;
    Result<TopologyPtr> update(const Change& change);

    // The placement version of the oldest snapshot that somebody still holds: every reader has left those before it.
    std::uint64_t oldest_placement_in_use();

private:
    mutable std::mutex reading_;  // held for the copy of one pointer
    std::mutex writing_;
    TopologyPtr current_;
    std::deque<std::weak_ptr<const Topology>> superseded_;  // oldest first; those nobody holds are forgotten
};

}  // namespace miroir::cluster
