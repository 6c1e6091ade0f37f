// One run() in progress: every call is pursued until somebody answered for its shards or nobody is left to ask.
#pragma once

#include <optional>

#include "scatter/scatter.h"

namespace miroir::scatter {

// Second tries that only a call much later than usual may use up, so that a node that has become slow is found out
// however many calls were a little late before.
inline constexpr double kHedgeReserve = 4;

// The node's own trouble, as opposed to an answer the client has to see.
// What the client may do was decided here: a node that refuses our key refuses us, not him.
constexpr bool is_refusal_of_node(int status) { return status >= 500 || http::turns_away(status); }

struct Scatter::Core {
    Core(env::Env env, http::Client& client, ScatterOptions options);

    Result<http::Address> address_of(const cluster::Topology& topology, cluster::NodeIndex node);

    env::Env env;
    http::Client& client;
    ScatterOptions options;
    std::uint64_t addresses_version = 0;  // the topology whose nodes' addresses these are
    std::vector<http::Address> addresses;
    Paces own_paces;
    Paces& paces;
    double hedge_tokens;  // second tries that may be sent now
    env::Counter& retries;
    env::Counter& hedges_won;
    env::Counter& hedges_lost;
    env::Counter& budget_gone;
    env::Counter& partial;
    env::Counter& unusable;
    env::Histogram& fan_out;
    env::Histogram& savings;
};

// One request to one node; the core stays alive until it has ended.
env::Task<Result<http::Reply>> send_once(std::shared_ptr<Scatter::Core> core, cluster::TopologyPtr topology,
                                         plan::NodeCall call, http::Call context, std::chrono::nanoseconds limit);

class Chase {
public:
    Chase(std::shared_ptr<Scatter::Core> core, cluster::TopologyPtr topology, const CallsElsewhere& elsewhere,
          const http::Call& call, const Accept& accept)
        : core_(std::move(core)), topology_(std::move(topology)), elsewhere_(elsewhere), call_(call), accept_(accept) {}

    env::Task<bool> pursue_all(std::vector<plan::NodeCall> calls, std::uint32_t round);
    Gathered finish() &&;

private:
    struct Try;
    struct Race;
    using RacePtr = std::shared_ptr<Race>;

    env::Task<bool> pursue(plan::NodeCall call, std::uint32_t round);
    env::Task<RacePtr> race(plan::NodeCall call, std::uint32_t round);
    static env::Task<void> attempt(RacePtr race, std::shared_ptr<Try> one, plan::NodeCall sent,
                                   std::shared_ptr<Scatter::Core> core, cluster::TopologyPtr topology, http::Call call,
                                   std::chrono::nanoseconds limit);
    void start(const RacePtr& race, plan::NodeCall call, std::uint32_t round);
    std::optional<std::chrono::nanoseconds> late_after(const plan::NodeCall& call) const;
    std::vector<plan::NodeCall> second_tries(const plan::NodeCall& first, double reserve);
    void note_hedge(const Race& race, bool won);
    std::vector<ShardId> take(Race& race);
    bool take_outcome(plan::NodeCall call, Result<http::Reply> outcome);
    std::vector<cluster::NodeIndex> late_from(std::size_t failure) const;
    env::Task<bool> was_too_costly(std::vector<cluster::NodeIndex> late, std::string index);
    std::chrono::nanoseconds limit(std::uint32_t round) const;

    std::shared_ptr<Scatter::Core> core_;
    cluster::TopologyPtr topology_;
    const CallsElsewhere& elsewhere_;
    const http::Call& call_;
    const Accept& accept_;
    Gathered gathered_;
    std::vector<cluster::NodeIndex> avoid_;
    bool others_failed_ = false;    // in another way than by being too busy
    std::optional<Answered> gone_;  // from a node that does not have the index
    bool all_gone_ = true;          // nobody failed in another way
};

}  // namespace miroir::scatter
