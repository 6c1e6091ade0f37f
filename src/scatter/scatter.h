// Carries the calls of a read plan out: all at once, each within the node timeout, and asks other replicas for what a
// node failed to answer. Decides nothing about the query: it is handed calls and a way to make calls for other nodes.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cluster/topology.h"
#include "env/env.h"
#include "http/client.h"
#include "http/handler.h"
#include "plan/node_call.h"

namespace miroir::scatter {

// What the one who watches over the nodes learns from each call.
class CallObserver {
public:
    virtual void observed(const NodeId& node, bool answered, std::chrono::nanoseconds took) = 0;

protected:
    ~CallObserver() = default;
};

struct ScatterOptions {
    std::chrono::nanoseconds node_timeout = std::chrono::seconds(5);
    std::string node_key;          // sent as a bearer token; empty: nodes have none
    std::uint32_t rounds_max = 3;  // the first and the ones that ask other replicas
};

struct Answered {
    plan::NodeCall call;
    http::Reply reply;
};

struct Gathered {
    std::vector<Answered> answers;  // status below 500, other than 429
    std::vector<ShardId> missing;   // nobody answered for these
    std::vector<std::pair<cluster::NodeIndex, Error>> failures;
};

// Calls for these shards on nodes other than those in `avoid`; an error when some shard has none left.
using CallsElsewhere = std::function<Result<std::vector<plan::NodeCall>>(const std::vector<ShardId>& shards,
                                                                         const std::vector<cluster::NodeIndex>& avoid)>;

// Looks at an answer before it counts (and may take its bytes). An error: the node failed, somebody else is asked.
using Accept = std::function<Result<void>(Answered& answered)>;

class Scatter {
public:
    Scatter(env::Env env, http::Client& client, ScatterOptions options, CallObserver* observer = nullptr);

    env::Task<Gathered> run(cluster::TopologyPtr topology, std::vector<plan::NodeCall> calls, CallsElsewhere elsewhere,
                            http::Call call, Accept accept = {}) const;
    // One call to one node, without a second try elsewhere.
    env::Task<Result<http::Reply>> send(cluster::TopologyPtr topology, plan::NodeCall call, http::Call context) const;

private:
    env::Env env_;
    http::Client& client_;
    ScatterOptions options_;
    CallObserver* observer_;
};

}  // namespace miroir::scatter
