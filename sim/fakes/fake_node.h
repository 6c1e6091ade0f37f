// As much of a Meilisearch server as health workers look at, with a small ledger whose writes are durable. What it
// pretends to be is told from outside and may change while it runs.
#pragma once

#include <memory>
#include <string>

#include "sim/host.h"

namespace miroir::sim {

struct FakeNodeManner {
    std::string version = "1.50.0";
    bool foreign = false;          // something else listens there
    bool unwell = false;           // 503 to everything
    bool refuses_key = false;      // 403 to what needs one
    bool forgets_to_sync = false;  // a planted bug
};

AppFactory fake_node(std::shared_ptr<const FakeNodeManner> manner);

}  // namespace miroir::sim
