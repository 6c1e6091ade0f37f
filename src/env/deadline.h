// How long the caller will wait. It travels with every call.
#pragma once

#include "env/clock.h"

namespace miroir::env {

struct Deadline {
    Monotonic at = Monotonic::max();

    static Deadline after(Clock& clock, std::chrono::nanoseconds span) { return {clock.now() + span}; }
    bool expired(Clock& clock) const { return clock.now() >= at; }
    Deadline sooner(Deadline other) const { return {at < other.at ? at : other.at}; }
};

}  // namespace miroir::env
