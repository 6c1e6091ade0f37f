// What all nodes together hold, asked of them now: each document counted once, what is ours left out.
#pragma once

#include <map>
#include <set>
#include <string>

#include "api/desk.h"
#include "protocol/instance/stats.h"
#include "protocol/tasks/dates.h"

namespace miroir::api {

struct ClusterStats {
    std::uint64_t database_bytes = 0;  // on all nodes
    std::uint64_t used_bytes = 0;
    std::optional<protocol::Instant> last_update;
    std::map<std::string, protocol::IndexStats> indexes;  // that the grant allows to see
    std::set<ShardId> missing;                            // whose documents nobody could count
    std::uint32_t shards = 0;
    bool scaled = false;  // not every node was heard: documents are counted, the rest follows them
};

env::Task<Result<ClusterStats>> cluster_stats(Desk& desk, protocol::Grant grant, http::Call context);

}  // namespace miroir::api
