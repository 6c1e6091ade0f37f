// One request of a plan to one node: plain data, printable.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "cluster/placement.h"

namespace miroir::plan {

struct NodeCall {
    cluster::NodeIndex node = cluster::kNoNode;
    std::vector<ShardId> shards;  // that it answers for
    std::string method = "POST";
    std::string target;
    std::string body{};  // JSON
    std::vector<std::pair<std::string, std::string>> headers{};
};

}  // namespace miroir::plan
