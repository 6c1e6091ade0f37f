// Virtual time, and everything that will happen in it, ordered by (time, order of the wish). When nothing is ready,
// time jumps to what comes next. Every event leaves its mark in the trace: two runs of one seed must leave the same.
#pragma once

#include <functional>
#include <map>
#include <string_view>
#include <unordered_map>

#include "env/clock.h"
#include "env/executor.h"
#include "sim/seeded_random.h"

namespace miroir::sim {

class World final : public env::Executor, public env::Clock {
public:
    explicit World(std::uint64_t seed) : random_(seed) {}

    env::Monotonic now() override { return now_; }
    env::WallTime wall() override;

    void post(env::Job job) override { at(now_, std::move(job)); }
    env::TimerId at(env::Monotonic when, env::Job job) override;
    void cancel(env::TimerId timer) override;
    env::TimerId in(std::chrono::nanoseconds span, env::Job job) { return at(now_ + span, std::move(job)); }

    bool step();  // false: nothing is left to happen
    // Lets time pass; everything due until then has happened. False: stopped early, see stop() and the event limit.
    bool run_for(std::chrono::nanoseconds span);
    // Until it holds (asked every `look`), or not within the span.
    bool run_until(const std::function<bool()>& holds, std::chrono::nanoseconds within,
                   std::chrono::nanoseconds look = std::chrono::milliseconds(5));
    void stop() { stopped_ = true; }  // somebody found what he looked for: nothing more happens

    void mark(std::uint64_t what);
    void mark(std::string_view what) { mark(hash_text(what)); }
    std::uint64_t trace() const { return trace_; }
    std::uint64_t events() const { return events_; }
    bool out_of_events() const { return events_ >= kMostEvents; }
    std::size_t waiting() const { return coming_.size(); }

    const SeededRandom& random() const { return random_; }  // fork it

private:
    static constexpr std::uint64_t kMostEvents = 20'000'000;
    using Key = std::pair<env::Monotonic, std::uint64_t>;

    SeededRandom random_;
    env::Monotonic now_{std::chrono::hours(1)};
    std::uint64_t last_ = 0;
    std::map<Key, env::Job> coming_;
    std::unordered_map<env::TimerId, env::Monotonic> when_;  // looked up only, never walked
    std::uint64_t trace_ = 0xCBF29CE484222325;
    std::uint64_t events_ = 0;
    bool stopped_ = false;
};

}  // namespace miroir::sim
