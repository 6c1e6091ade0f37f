// Carries the calls of a read plan out: all at once, each within the node timeout. What a node failed to answer is
// asked of other replicas at once; what is late is asked a second time, within a budget, and the first answer counts.
// What used up its time on a node that is well is not asked of others: it would cost them as much.
// Decides nothing about the query: it is handed calls and a way to make calls for other nodes.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "cluster/topology.h"
#include "env/env.h"
#include "env/metrics.h"
#include "http/client.h"
#include "http/handler.h"
#include "plan/node_call.h"
#include "scatter/paces.h"

namespace miroir::scatter {

struct HedgeOptions {
    bool enabled = true;
    double p95_multiplier = 1.2;
    std::chrono::nanoseconds min_trigger = std::chrono::milliseconds(15);
    std::uint32_t max_per_query = 2;
    bool cross_group = true;
    double budget = 0.05;  // second tries for each first one, on average
};

struct ScatterOptions {
    std::chrono::nanoseconds node_timeout = std::chrono::seconds(5);
    std::string node_key;          // sent as a bearer token; empty: nodes have none
    std::uint32_t rounds_max = 3;  // the first and the ones that ask other replicas
    HedgeOptions hedging;
    PaceOptions paces;
    Paces* board = nullptr;  // what others learn of the nodes, too; none: it learns for itself
    env::Metrics* metrics = nullptr;
};

struct Answered {
    plan::NodeCall call;
    http::Reply reply;
};

struct Gathered {
    std::vector<Answered> answers;  // status below 500, other than 429; in the order in which they came
    std::vector<ShardId> missing;   // nobody answered for these
    std::vector<std::pair<cluster::NodeIndex, Error>> failures;
    bool turned_away = false;  // something is missing, and every node that failed said that it is too busy
    bool too_costly = false;   // nodes that answer others ran out of time over it; nobody else was bothered with it
    std::uint32_t hedges = 0;  // second tries sent
    std::vector<cluster::NodeIndex> hedged;  // to these
};

// Calls for these shards on nodes other than those in `avoid`; an error when some shard has none left.
using CallsElsewhere = std::function<Result<std::vector<plan::NodeCall>>(const std::vector<ShardId>& shards,
                                                                         const std::vector<cluster::NodeIndex>& avoid)>;

// Looks at an answer before it counts (and may take its bytes). An error: the node failed, somebody else is asked.
using Accept = std::function<Result<void>(Answered& answered)>;

class Scatter {
public:
    Scatter(env::Env env, http::Client& client, ScatterOptions options);

    env::Task<Gathered> run(cluster::TopologyPtr topology, std::vector<plan::NodeCall> calls, CallsElsewhere elsewhere,
                            http::Call call, Accept accept = {}) const;
    // One call to one node, without a second try elsewhere.
    env::Task<Result<http::Reply>> send(cluster::TopologyPtr topology, plan::NodeCall call, http::Call context) const;

    // An answer that was taken turned out to be unusable after all.
    void note_unusable() const;

    const Paces& paces() const;
    bool may_explore() const;  // ask a node that may be slow: a second try could be paid for

    struct Core;  // what outlives a call whose answer nobody waits for any more

private:
    std::shared_ptr<Core> core_;
};

}  // namespace miroir::scatter
