#include "quorum/sessions/sessions.h"

#include <algorithm>

namespace miroir::quorum {
namespace {

constexpr env::MetricName kActive{.name = "miroir_session_active_count",
                                  .help = "Sessions whose writes are remembered."};
constexpr std::size_t kIndexesMax = 64;          // of one session; then all its writes count for every index
constexpr std::string_view kEveryIndex;          // no index has an empty name
constexpr std::size_t kForgottenAtOnceMax = 16;  // of those whose time has passed

}  // namespace

Sessions::Sessions(SessionLimits limits, Finished finished, env::Metrics& metrics)
    : limits_(limits), finished_(std::move(finished)), active_(metrics.gauge(kActive)) {}

void Sessions::inherit(const std::vector<const tasks::TaskEntry*>& unfinished, env::Monotonic now) {
    inherited_until_ = now + limits_.ttl;
    for (const tasks::TaskEntry* entry : unfinished) {
        for (const std::string& index : tasks::indexes_of(entry->task)) inherited_[index] = entry->task.uid;
    }
}

void Sessions::note(const std::string& session, std::uint64_t task, const std::vector<std::string>& indexes,
                    env::Monotonic now) {
    auto found = sessions_.find(session);
    if (found == sessions_.end()) {
        make_room(now);
        by_use_.push_back(session);
        found = sessions_.emplace(session, Session{.writes = {}, .used = now, .place = std::prev(by_use_.end())}).first;
    }
    Session& known = found->second;
    known.used = now;
    by_use_.splice(by_use_.end(), by_use_, known.place);
    for (const std::string& index : indexes) {
        const auto [write, fresh] = known.writes.try_emplace(index, task);
        write->second = std::max(write->second, task);
    }
    if (known.writes.size() > kIndexesMax) drop_finished(known.writes);
    if (known.writes.size() > kIndexesMax) {
        std::uint64_t last = 0;
        for (const auto& [index, write] : known.writes) last = std::max(last, write);
        known.writes = {{std::string(kEveryIndex), last}};
    }
    active_.set(static_cast<double>(sessions_.size()));
}

std::optional<std::uint64_t> Sessions::pending(const std::string& session, const std::vector<std::string>& indexes,
                                               env::Monotonic now) {
    std::optional<std::uint64_t> last;
    if (!inherited_.empty()) {
        drop_finished(inherited_);
        if (now >= inherited_until_) inherited_.clear();
        last = last_of(inherited_, indexes);
    }
    const auto found = sessions_.find(session);
    if (found == sessions_.end()) return last;
    Session& known = found->second;
    drop_finished(known.writes);
    if (known.writes.empty() || now - known.used > limits_.ttl) {
        forget(found);
        return last;
    }
    known.used = now;
    by_use_.splice(by_use_.end(), by_use_, known.place);
    const std::optional<std::uint64_t> own = last_of(known.writes, indexes);
    return !last || (own && *own > *last) ? own : last;
}

void Sessions::drop_finished(LastWrites& writes) const {
    std::erase_if(writes, [this](const auto& write) { return finished_(write.second); });
}

std::optional<std::uint64_t> Sessions::last_of(const LastWrites& writes, const std::vector<std::string>& indexes) {
    std::optional<std::uint64_t> last;
    for (const auto& [index, task] : writes) {
        const bool concerned =
            indexes.empty() || index == kEveryIndex || std::ranges::find(indexes, index) != indexes.end();
        if (concerned && (!last || task > *last)) last = task;
    }
    return last;
}

void Sessions::forget(Book::iterator session) {
    by_use_.erase(session->second.place);
    sessions_.erase(session);
    active_.set(static_cast<double>(sessions_.size()));
}

// For one more.
void Sessions::make_room(env::Monotonic now) {
    for (std::size_t i = 0; i < kForgottenAtOnceMax && !by_use_.empty(); ++i) {
        const auto oldest = sessions_.find(by_use_.front());
        drop_finished(oldest->second.writes);
        const bool done = oldest->second.writes.empty() || now - oldest->second.used > limits_.ttl;
        if (!done && sessions_.size() < limits_.sessions_max) return;
        forget(oldest);
    }
}

void EndBell::ending(const protocol::Task& task, tasks::Batch& batch) {
    if (next_ != nullptr) next_->ending(task, batch);
}

void EndBell::ended() {
    std::erase_if(waiting_, [this](const auto& waiter) {
        const bool over = finished_(waiter.first);
        if (over) waiter.second.set(true);
        return over;
    });
    if (next_ != nullptr) next_->ended();
}

env::Task<bool> EndBell::wait(std::uint64_t task, env::Monotonic until) {
    if (finished_(task)) co_return true;
    const env::OneShot<bool> rung(env_.executor);
    const auto place = waiting_.emplace(task, rung);
    const env::TimerId timer = env_.executor.at(until, [this, place, rung] {
        if (rung.set(false)) waiting_.erase(place);
    });
    const bool over = co_await rung;
    env_.executor.cancel(timer);
    co_return over;
}

}  // namespace miroir::quorum
