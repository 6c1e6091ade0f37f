#include "api/read/page_ends.h"

namespace miroir::api {
namespace {

// Longer than a client takes from page to page; what changes behind our back shows no later.
constexpr auto kCountHolds = std::chrono::seconds(2);

}  // namespace

void PageEnds::note(std::uint64_t list, End end) {
    const std::scoped_lock lock(mutex_);
    const Place place(list, end.offset);
    const auto [known, fresh] = stamps_.insert_or_assign(place, std::move(end.stamp));
    if (!fresh) return;
    oldest_first_.push_back(place);
    if (oldest_first_.size() <= most_) return;
    stamps_.erase(oldest_first_.front());
    oldest_first_.pop_front();
}

std::optional<PageEnds::End> PageEnds::last_before(std::uint64_t list, std::uint64_t offset,
                                                   std::uint64_t reach) const {
    const std::scoped_lock lock(mutex_);
    auto found = stamps_.upper_bound({list, offset});
    if (found == stamps_.begin()) return std::nullopt;
    --found;
    if (found->first.first != list || offset - found->first.second > reach) return std::nullopt;
    return End{.offset = found->first.second, .stamp = found->second};
}

void PageEnds::note(std::uint64_t list, Count count) {
    const std::scoped_lock lock(mutex_);
    if (counts_.size() >= most_ && !counts_.contains(list)) counts_.clear();
    counts_.insert_or_assign(list, count);
}

std::optional<std::uint64_t> PageEnds::counted(std::uint64_t list, std::uint64_t epoch, env::Monotonic now) const {
    const std::scoped_lock lock(mutex_);
    const auto found = counts_.find(list);
    if (found == counts_.end() || found->second.epoch != epoch || now - found->second.at > kCountHolds)
        return std::nullopt;
    return found->second.documents;
}

}  // namespace miroir::api
