// Which nodes have writes waiting for them, for the readers of all threads: such a node answers no reads.
#pragma once

#include <mutex>
#include <set>

#include "base/ids.h"

namespace miroir::quorum {

class BehindBoard {
public:
    void set(const NodeId& node, bool behind) {
        const std::lock_guard lock(mutex_);
        if (behind) nodes_.insert(node);
        else nodes_.erase(node);
    }
    bool is_behind(const NodeId& node) const {
        const std::lock_guard lock(mutex_);
        return nodes_.contains(node);
    }

private:
    mutable std::mutex mutex_;  // held for one look-up
    std::set<NodeId> nodes_;
};

}  // namespace miroir::quorum
