// One life of a host, from start to death: its executor, clock, chance and log. When it dies it is cut off at once: its
// jobs no longer run in time, nobody hears what it sends, its disk takes nothing. What it had begun is then run out by
// drain(), so that coroutines end and free what they hold, without being able to touch the living.
#pragma once

#include <map>
#include <string>

#include "env/cancel.h"
#include "env/env.h"
#include "env/log.h"
#include "sim/world.h"

namespace miroir::sim {

class Life final : public env::Executor, public env::Clock, public env::Log {
public:
    Life(World& world, std::string host, std::uint64_t number);

    env::Env env() { return {.clock = *this, .random = random_, .executor = *this, .log = *this}; }
    bool alive() const { return alive_; }
    const std::string& host() const { return host_; }
    std::uint64_t number() const { return number_; }
    const env::Cancel& ended() const { return ended_; }  // requested after death: loops end by it
    env::Random& random() { return random_; }

    void die() { alive_ = false; }
    // After death: runs out what was begun, timers at once and in order. False: it goes on without end.
    bool drain();
    std::size_t waiting() const { return jobs_.size(); }

    void post(env::Job job) override { at(now(), std::move(job)); }
    env::TimerId at(env::Monotonic when, env::Job job) override;
    void cancel(env::TimerId timer) override;

    env::Monotonic now() override { return world_.now(); }
    env::WallTime wall() override { return world_.wall() + wall_offset_; }
    void jump_wall(std::chrono::nanoseconds by) { wall_offset_ += by; }

    bool enabled(env::LogLevel level) const override { return level >= env::LogLevel::Info; }
    void write(env::LogLevel level, std::string_view target, std::string_view message, env::LogFields fields) override;
    static void show_logs(bool shown);
    static void show_calls(bool shown);
    void show_call(std::string_view to, std::string_view request);  // that this life sends

private:
    struct Waiting {
        env::Job job;
        env::TimerId timer;  // in the world
        env::Monotonic when;
    };
    void run(std::uint64_t id);

    World& world_;
    std::string host_;
    std::uint64_t number_;
    SeededRandom random_;
    std::chrono::nanoseconds wall_offset_;
    bool alive_ = true;
    std::uint64_t last_ = 0;
    std::map<std::uint64_t, Waiting> jobs_;
    env::Cancel ended_;
};

}  // namespace miroir::sim
