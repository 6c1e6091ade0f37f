// Where a node stands: what it is for (role, changed by the operator and the rebalancer) and whether it can be
// relied upon (reach, changed by the health checker). The two never fight over one field; what is shown is `state()`.
// One table says who may change what: see standing.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"

namespace miroir::cluster {

enum class NodeRole : std::uint8_t { Joining, Active, Draining, Removed };

// Unknown: not asked yet since this process started. Restoring: answers again, but nobody has vouched yet that it
// still holds what it held: it takes writes and answers no reads.
enum class NodeReach : std::uint8_t { Unknown, Up, Restoring, Down };

// The words shown to people and in metrics.
enum class NodeState : std::uint8_t { Joining, Active, Draining, Down, Removed, Restoring };

enum class NodeEvent : std::uint8_t {
    Failed,    // health checker: enough probes or calls in a row went wrong
    Answered,  // health checker: it answers again, or for the first time
    Vouched,   // health checker: it is who it was and holds what it held
    Filled,    // rebalancer: a joining node holds its part
    Drain,     // operator: move everything off it
    Undrain,   // operator: changed his mind
    Emptied,   // rebalancer: a draining node holds nothing more; it leaves
    Discard,   // operator: it is lost for good, or never began; refused while it is in service
};

struct Standing {
    NodeRole role = NodeRole::Active;
    NodeReach reach = NodeReach::Unknown;
    auto operator<=>(const Standing&) const = default;

    NodeState state() const;
    bool readable() const;  // may answer reads for the shards it serves
    bool writable() const;  // is sent writes; where not, the write becomes a hint
};

// The standing after the event, or 409 with a sentence that says why not.
Result<Standing> step(Standing before, NodeEvent event);

std::string_view name_of(NodeState state);  // "active"
std::string_view name_of(NodeRole role);
std::string_view name_of(NodeReach reach);
std::string_view name_of(NodeEvent event);  // "failed"

}  // namespace miroir::cluster
