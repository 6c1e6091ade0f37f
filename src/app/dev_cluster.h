// `miroir dev`: a whole cluster on one machine to play with. Starts the nodes as children, each with its folder and its
// log, brings one back that has died, and serves over them until it is told to stop. The data stays.
#pragma once

#include "app/dev_plan.h"

namespace miroir::app {

// MEILISEARCH_BIN, then `meilisearch` on PATH; empty: none.
std::string find_meilisearch();
std::string own_binary();

// The exit code of serve(), or 2 when it could not start.
int run_dev(const DevPlan& plan, const DevOptions& options);

}  // namespace miroir::app
