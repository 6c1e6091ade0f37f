// What operators see of the cluster: the topology and the shards as JSON. Pure functions of one snapshot.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "cluster/breakers.h"
#include "cluster/topology.h"
#include "env/clock.h"
#include "env/metrics.h"
#include "json/value.h"
#include "quorum/behind.h"

namespace miroir::admin {

// What the health checker remembers of a node.
struct Sighting {
    std::optional<env::Monotonic> last_seen;  // when it last answered well
    std::string error;                        // why it did not, or empty
};

// Who is asked for sightings. Called from any thread.
class NodeWatch {
public:
    virtual Sighting sighting(const NodeId& node) const = 0;
    virtual cluster::Breakers::View breaker(const NodeId& node, env::Monotonic now) const = 0;

protected:
    ~NodeWatch() = default;
};

// `last_seen_ms`: milliseconds since the node last answered well, null when it never did.
json::Value topology_view(const cluster::Topology& topology, const NodeWatch& watch, env::Monotonic now);
// {"shards":{"0":["node-a","node-b"],…}}: who holds each shard, of all groups, in the order of preference.
// {"groups":[{"group_id":0,"status":"active","nodes":[…],"shards_held":64},…]}
json::Value groups_view(const cluster::Topology& topology);
// Who holds what, who waits for writes or lacks shards of an index and so answers nothing for them, and what is lost.
json::Value shards_view(const cluster::Topology& topology, const quorum::Behind& behind);
// Ready: every shard has a node that may answer for it.
json::Value readiness_view(const cluster::Topology& topology);
bool is_ready(const cluster::Topology& topology);

// Sets the gauges about nodes and shards to what this snapshot says.
void note_topology(env::Metrics& metrics, const cluster::Topology& topology);
// The gauges about breakers; they change between two snapshots.
void note_breakers(env::Metrics& metrics, const cluster::Topology& topology, const NodeWatch& watch,
                   env::Monotonic now);

}  // namespace miroir::admin
