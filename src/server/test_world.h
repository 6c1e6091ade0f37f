// A small world for this room's tests: one queue, virtual time, a log that keeps its lines.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "env/env.h"
#include "env/log.h"
#include "env/task.h"

namespace miroir::server::test {

class World final : public env::Clock, public env::Random, public env::Executor, public env::Log {
public:
    env::Env env() { return {.clock = *this, .random = *this, .executor = *this, .log = *this}; }

    env::Monotonic now() override { return env::Monotonic(elapsed_); }
    env::WallTime wall() override { return env::WallTime(elapsed_); }
    std::uint64_t next() override { return seed_ += 0x9E3779B97F4A7C15ull; }
    void post(env::Job job) override { ready_.push_back(std::move(job)); }
    env::TimerId at(env::Monotonic when, env::Job job) override {
        timers_.emplace(std::pair(when, ++last_timer_), std::move(job));
        return last_timer_;
    }
    void cancel(env::TimerId timer) override {
        std::erase_if(timers_, [&](const auto& entry) { return entry.first.second == timer; });
    }
    bool enabled(env::LogLevel) const override { return true; }
    void write(env::LogLevel, std::string_view, std::string_view message, env::LogFields fields) override {
        std::string line(message);
        for (const env::LogField& field : fields) {
            line.append(" ").append(field.name).append("=");
            if (const auto* text = std::get_if<std::string_view>(&field.value)) line.append(*text);
            if (const auto* number = std::get_if<std::int64_t>(&field.value)) line.append(std::to_string(*number));
        }
        lines.push_back(line);
    }

    // Runs what is ready, then lets time pass up to the next timer, until nothing is left.
    void run() {
        while (step()) {
        }
    }
    // Only what is ready now.
    void settle() {
        while (!ready_.empty()) {
            env::Job job = std::move(ready_.front());
            ready_.pop_front();
            job();
        }
    }
    std::size_t timers() const { return timers_.size(); }

    template <class T>
    T wait(env::Task<T> task) {
        std::optional<T> value;
        env::spawn(*this, keep(std::move(task), value));
        while (!value && step()) {
        }
        return std::move(value.value());
    }
    template <class T>
    static env::Task<void> keep(env::Task<T> task, std::optional<T>& value) {
        value.emplace(co_await task);
    }

    std::vector<std::string> lines;

private:
    bool step() {
        if (!ready_.empty()) {
            settle();
            return true;
        }
        if (timers_.empty()) return false;
        auto first = timers_.extract(timers_.begin());
        elapsed_ = std::max(elapsed_, first.key().first.time_since_epoch());
        first.mapped()();
        return true;
    }

    std::chrono::nanoseconds elapsed_{};
    std::uint64_t seed_ = 1;
    std::uint64_t last_timer_ = 0;
    std::deque<env::Job> ready_;
    std::map<std::pair<env::Monotonic, env::TimerId>, env::Job> timers_;
};

}  // namespace miroir::server::test
