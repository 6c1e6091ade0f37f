#include "cluster/snapshot.h"

#include <algorithm>
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
    std::erase_if(superseded_, [](const std::weak_ptr<const Topology>& held) { return held.expired(); });
    superseded_.push_back(current_);
    current_ = next;
    return next;
}

std::uint64_t SnapshotHolder::oldest_placement_in_use() {
    const std::scoped_lock lock(reading_);
    std::uint64_t oldest = current_->placement_version();
    for (const std::weak_ptr<const Topology>& held : superseded_) {
        const TopologyPtr snapshot = held.lock();
        if (snapshot) oldest = std::min(oldest, snapshot->placement_version());
    }
    return oldest;
}

}  // namespace miroir::cluster
