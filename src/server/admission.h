// How many requests run at once, and who waits: first come, first served, for a bounded time in a bounded queue.
// One executor. A place is given back when its Pass is destroyed; the Admission may be gone by then.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>

#include "env/env.h"
#include "env/task.h"

namespace miroir::server {

class Admission {
    struct State {
        std::size_t running_max;
        std::size_t waiting_max;
        std::size_t running = 0;
        bool closed = false;
        std::deque<env::OneShot<bool>> waiting;
    };

public:
    class Seat;
    class Pass {
    public:
        Pass() = default;
        explicit Pass(std::shared_ptr<State> state) : state_(std::move(state)) {}
        Pass(Pass&&) noexcept = default;
        Pass& operator=(Pass&&) = delete;
        ~Pass();
        explicit operator bool() const { return state_ != nullptr; }

    private:
        friend class Seat;
        std::shared_ptr<State> state_;
    };

    enum class Verdict : std::uint8_t { Admitted, QueueFull, WaitedTooLong, Closed };
    struct Entry {
        Verdict verdict;
        Pass pass;
    };

    Admission(env::Env env, std::size_t running_max, std::size_t waiting_max)
        : env_(env), state_(std::make_shared<State>(State{.running_max = running_max, .waiting_max = waiting_max})) {}

    // A place at once if there is one; waits no longer than `wait`.
    env::Task<Entry> enter(std::chrono::nanoseconds wait, env::Cancel cancel);
    // One request's place. It may be left while the request only waits for others, and is taken again before it works
    // on.
    class Seat {
    public:
        Seat(env::Env env, Pass pass) : env_(env), state_(pass.state_), pass_(std::move(pass)) {}
        void leave() { pass_.reset(); }
        // Before all who have not been in yet, however long it takes. A cancelled request goes on without a place.
        env::Task<void> come_back(env::Cancel cancel);
        bool taken() const { return pass_.has_value(); }

    private:
        env::Env env_;
        std::shared_ptr<State> state_;
        std::optional<Pass> pass_;
    };

    // A place whatever the limit: it is counted.
    Pass enter_always();
    // Nobody enters any more; those who wait are sent away.
    void close();

    std::size_t running() const { return state_->running; }
    std::size_t waiting() const { return state_->waiting.size(); }

private:
    env::Env env_;
    std::shared_ptr<State> state_;
};

}  // namespace miroir::server
