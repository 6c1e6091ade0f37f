// What operators are shown of moves, nodes and shards.
#pragma once

#include "cluster/rebalance_plan.h"
#include "json/value.h"
#include "rebalance/rebalancer.h"

namespace miroir::admin {

// On the rebalancer's executor.
json::Value rebalance_view(const rebalance::Rebalancer& rebalancer, const cluster::Topology& topology);
json::Value plan_view(const rebalance::Rebalancer& rebalancer, const std::vector<cluster::PlannedMove>& plan,
                      const cluster::Topology& topology);
// One node: what it is, what it holds, what moves to and from it.
json::Value node_progress_view(const rebalance::Rebalancer& rebalancer, const cluster::Topology& topology,
                               cluster::NodeIndex node);
// Why a shard is where it is: each group's nodes as the hash ranks them.
json::Value seats_view(const rebalance::Rebalancer& rebalancer, const cluster::Topology& topology, ShardId shard);

}  // namespace miroir::admin
