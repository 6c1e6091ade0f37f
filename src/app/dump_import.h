// `--import-dump`: loads a dump into an empty cluster before anybody is served. The dump is read and checked whole
// first; one that is not sound, and a cluster that holds something, are refused with nothing changed.
#pragma once

#include "base/result.h"
#include "config/config.h"
#include "env/log.h"

namespace miroir::app {

// Returns at once when no dump is configured, or when there is nothing to do and the options say that this is fine.
Result<void> import_dump(const config::Config& config, env::Log& log);

}  // namespace miroir::app
