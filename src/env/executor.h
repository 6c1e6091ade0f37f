// One thread of work: jobs run one after another, timers fire on the same thread. Everything that is not an
// immutable snapshot belongs to exactly one executor.
#pragma once

#include <cstdint>
#include <functional>

#include "env/clock.h"

namespace miroir::env {

using Job = std::move_only_function<void()>;
using TimerId = std::uint64_t;

class Executor {
public:
    // Runs later, in the order of the calls. The only method that another thread may call.
    virtual void post(Job job) = 0;
    // Runs once, not before `when`.
    virtual TimerId at(Monotonic when, Job job) = 0;
    // After this the timer's job does not run; it is destroyed at once. An unknown or fired id is ignored.
    virtual void cancel(TimerId timer) = 0;

protected:
    ~Executor() = default;
};

}  // namespace miroir::env
