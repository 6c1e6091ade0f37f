// An orchestrator reduced to its health worker: it watches nodes and publishes topologies. Memory only: after a restart
// it knows nobody's standing. Can be told to send calls of its own through a circuit breaker.
#pragma once

#include <memory>

#include "cluster/breaker.h"
#include "cluster/cover.h"
#include "cluster/snapshot.h"
#include "sim/host.h"
#include "workers/health_prober.h"

namespace miroir::sim {

class Watcher final : public App {
public:
    Watcher(const cluster::TopologySpec& spec, cluster::HealthOptions options, AppContext context);

    env::Task<void> stop() override;

    // So many callers at once, each asking the node again and again, all through one breaker.
    void call_all_the_time(const NodeId& node, int callers);

    cluster::SnapshotHolder& topology() { return topology_; }
    workers::HealthProber& prober() { return prober_; }
    bool ready() const { return cluster::coverage(*topology_.current()).complete(); }
    cluster::NodeState state(std::size_t node) const {
        return topology_.current()->node(static_cast<cluster::NodeIndex>(node)).state();
    }
    std::uint64_t calls_sent() const { return calls_sent_; }
    std::uint64_t calls_answered() const { return calls_answered_; }
    const cluster::BreakerOptions& breaker_options() const { return breaker_options_; }

    static constexpr std::chrono::milliseconds kCallTimeout{100};
    static constexpr std::chrono::milliseconds kCallPause{40};

private:
    env::Task<void> call_on(NodeId node, http::Address to);
    env::Task<void> call_once(NodeId node, http::Address to);
    cluster::Instant now() { return env_.clock.now().time_since_epoch(); }

    env::Env env_;
    http::Client& client_;
    env::Cancel ended_;
    cluster::SnapshotHolder topology_;
    workers::HealthProber prober_;
    cluster::BreakerOptions breaker_options_;
    cluster::Breaker breaker_;
    std::uint64_t calls_sent_ = 0;
    std::uint64_t calls_answered_ = 0;
};

AppFactory watcher(cluster::TopologySpec spec, cluster::HealthOptions options);

}  // namespace miroir::sim
