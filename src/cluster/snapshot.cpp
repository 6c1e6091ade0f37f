#include "cluster/snapshot.h"

#include <utility>

#include "base/assert.h"

namespace miroir::cluster {

SnapshotHolder::SnapshotHolder(TopologyPtr first) : current_(std::move(first)) { MIROIR_ASSERT(current_ != nullptr); }

TopologyPtr SnapshotHolder::current() const {
    const std::scoped_lock lock(reading_);
    return current_;
}

Result<TopologyPtr> SnapshotHolder::update(const Change& change) {
    const std::scoped_lock one_writer(writing_);
    const TopologyPtr before = current();
    MIROIR_TRY(TopologyPtr next, change(*before));
    if (next == nullptr) return before;
    MIROIR_ASSERT(next->version() > before->version());
    const std::scoped_lock lock(reading_);
    current_ = next;
    return next;
}

}  // namespace miroir::cluster
