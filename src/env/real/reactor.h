// One thread's worth of the real world: queue of work, timers, clocks and chance, over one event loop.
// Everything built on a reactor lives on the thread that calls run(); post() and stop() may come from any thread.
// Destroying it drops what is still queued: drain listeners and let tasks end before.
#pragma once

#include <memory>
#include <optional>

#include "env/env.h"
#include "env/task.h"

namespace boost::asio {
class io_context;
}

namespace miroir::env {

class Reactor final : public Executor, public Clock, public Random {
public:
    Reactor();
    ~Reactor();
    Reactor(const Reactor&) = delete;
    Reactor& operator=(const Reactor&) = delete;

    // Works on the calling thread until stop(). May be called again afterwards.
    void run();
    void stop();

    Env env(Log& log) { return {.clock = *this, .random = *this, .executor = *this, .log = log}; }

    void post(Job job) override;
    TimerId at(Monotonic when, Job job) override;
    void cancel(TimerId timer) override;

    Monotonic now() override;
    WallTime wall() override;
    std::uint64_t next() override;

    // For http/wire and the signals only.
    boost::asio::io_context& io();

private:
    struct Core;
    std::unique_ptr<Core> core_;
};

namespace detail {

template <class T>
Task<void> finish_run(Reactor& reactor, Task<T> task, std::optional<T>& value) {
    value.emplace(co_await task);
    reactor.stop();
}

}  // namespace detail

// Runs the reactor on this thread until the task has ended: for main functions and tests.
template <class T>
T run_task(Reactor& reactor, Task<T> task) {
    std::optional<T> value;
    spawn(reactor, detail::finish_run<T>(reactor, std::move(task), value));
    reactor.run();
    MIROIR_ASSERT(value.has_value());
    return std::move(*value);
}

}  // namespace miroir::env
