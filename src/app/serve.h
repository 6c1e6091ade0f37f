// `miroir serve`: everything is taken (ports, certificates) before anything runs, so that a failed start leaves
// nothing half started. Runs until SIGTERM or SIGINT, then finishes what runs, bounded by the configured limit.
#pragma once

#include <functional>
#include <optional>

#include "config/load.h"

namespace miroir::app {

// SIGHUP: the configuration is read again by this; nothing when it is not sound, which it has told.
using ReadAgain = std::function<std::optional<config::Loaded>()>;

// The exit code: 0 after a drain, 2 when it could not start (one line on stderr says why), 1 after a second signal.
int serve(const config::Loaded& loaded, const ReadAgain& read_again = {});

}  // namespace miroir::app
