// Which of the nodes that are away may be written off without anybody asking, so that the copies they held are made
// anew from the others. Pure. A node that holds the only copy of something is never written off: it may come back with
// its disk. Nor is one while half of the nodes are away, because then it may be Miroir that is cut off.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "cluster/topology.h"

namespace miroir::rebalance {

struct Absence {
    NodeId node;
    std::chrono::nanoseconds away{0};
};

struct AbsenceVerdict {
    NodeId node;
    std::chrono::nanoseconds away{0};
    std::chrono::nanoseconds rest{0};  // until it may be written off
    bool write_off = false;
    std::string kept_because;          // empty: only the time is missing
    std::vector<ShardId> only_copies;  // of what somebody has written, on this node and on no other that answers
    bool operator==(const AbsenceVerdict&) const = default;
};

struct AbsenceRule {
    std::chrono::nanoseconds after{0};                    // 0: never
    std::function<bool(const NodeId&, ShardId)> in_step;  // may it be copied from?
    std::function<bool(ShardId)> in_use;                  // has somebody written to it?
};

std::vector<AbsenceVerdict> judge_absences(const cluster::Topology& topology, const std::vector<Absence>& absent,
                                           const AbsenceRule& rule);

}  // namespace miroir::rebalance
