#include "sim/world.h"

#include <bit>
#include <utility>

namespace miroir::sim {
namespace {
constexpr env::WallTime kBirth{std::chrono::seconds(1'800'000'000)};
}

env::WallTime World::wall() { return kBirth + now_.time_since_epoch(); }

env::TimerId World::at(env::Monotonic when, env::Job job) {
    const env::TimerId id = ++last_;
    const env::Monotonic due = std::max(when, now_);
    coming_.emplace(Key{due, id}, std::move(job));
    when_.emplace(id, due);
    return id;
}

void World::cancel(env::TimerId timer) {
    const auto at = when_.find(timer);
    if (at == when_.end()) return;
    const auto job = coming_.extract(Key{at->second, timer});  // destroyed last: it may call back
    when_.erase(at);
}

bool World::step() {
    if (stopped_ || coming_.empty() || out_of_events()) return false;
    auto next = coming_.extract(coming_.begin());
    now_ = next.key().first;
    when_.erase(next.key().second);
    ++events_;
    mark(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
    mark(next.key().second);
    next.mapped()();
    return true;
}

bool World::run_for(std::chrono::nanoseconds span) {
    const env::Monotonic until = now_ + span;
    while (!coming_.empty() && coming_.begin()->first.first <= until) {
        if (!step()) return false;
    }
    if (stopped_) return false;
    now_ = until;
    return true;
}

bool World::run_until(const std::function<bool()>& holds, std::chrono::nanoseconds within,
                      std::chrono::nanoseconds look) {
    const env::Monotonic until = now_ + within;
    while (!holds()) {
        if (now_ >= until) return false;
        if (!run_for(std::min(look, until - now_))) return false;
    }
    return true;
}

void World::mark(std::uint64_t what) { trace_ = std::rotl((trace_ ^ what) * 0x9FB21C651E98DF25, 29); }

}  // namespace miroir::sim
