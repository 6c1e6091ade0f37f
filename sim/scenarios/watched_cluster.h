// The cluster of the first scenarios: fake nodes and a watcher, options drawn from the seed, and the bounds within
// which the watcher must notice what happens.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/fakes/fake_node.h"
#include "sim/fakes/watcher.h"
#include "sim/run.h"

namespace miroir::sim {

class WatchedCluster {
public:
    explicit WatchedCluster(Run& run);

    Host& node(std::size_t i) { return *nodes_[i]; }
    FakeNodeManner& manner(std::size_t i) { return *manners_[i]; }
    std::size_t size() const { return nodes_.size(); }
    Host& watcher_host() { return *watcher_; }
    Watcher& watcher() { return watcher_->app<Watcher>(); }
    const cluster::HealthOptions& options() const { return options_; }
    const cluster::TopologySpec& spec() const { return spec_; }

    cluster::NodeState seen(std::size_t i) { return watcher().state(i); }
    cluster::NodeReach reach(std::size_t i) {  // Unknown and Down look the same as a state
        return watcher().topology().current()->node(static_cast<cluster::NodeIndex>(i)).standing.reach;
    }
    bool is_up(std::size_t i) { return seen(i) == cluster::NodeState::Active; }
    bool all_up();

    // The longest a silent death, and a return after so many falls, may stay unnoticed on a quiet network.
    std::chrono::nanoseconds notice_bound() const;
    std::chrono::nanoseconds return_bound(std::uint32_t falls) const;
    // The most probes one node may get within the span, whatever it does.
    std::uint64_t probe_bound(std::chrono::nanoseconds span) const;

private:
    void check_versions();

    Run& run_;
    cluster::HealthOptions options_;
    cluster::TopologySpec spec_;
    std::vector<std::shared_ptr<FakeNodeManner>> manners_;
    std::vector<Host*> nodes_;
    Host* watcher_ = nullptr;
    std::uint64_t watched_life_ = 0;
    std::uint64_t last_version_ = 0;
};

}  // namespace miroir::sim
