// The world as a handful of references, handed down through constructors. Never global.
#pragma once

#include "env/clock.h"
#include "env/executor.h"
#include "env/random.h"

namespace miroir::env {

class Log;
class Metrics;

struct Env {
    Clock& clock;
    Random& random;
    Executor& executor;
    Log& log;
};

}  // namespace miroir::env
