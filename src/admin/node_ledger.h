// What calls to nodes taught us: when each last answered well and why it last did not, and their metrics. One for the
// whole process, any thread; it is told by the metered clients.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "admin/topology_view.h"
#include "env/metrics.h"

namespace miroir::admin {

class NodeLedger final : public NodeWatch {
public:
    explicit NodeLedger(env::Metrics& metrics, const cluster::Breakers* breakers = nullptr)
        : metrics_(metrics), breakers_(breakers) {}

    // Told, on the caller's thread, of every call that failed and of the first good one after it. Probes are left out:
    // who sends them knows. Set before any call is made.
    using Witness = std::function<void(const NodeId& node, cluster::CallEnd end)>;
    void tell(Witness witness) { witness_ = std::move(witness); }

    Sighting sighting(const NodeId& node) const override;
    cluster::Breakers::View breaker(const NodeId& node, env::Monotonic now) const override {
        return breakers_ == nullptr ? cluster::Breakers::View() : breakers_->view(node, now.time_since_epoch());
    }

    // A good answer clears the error.
    void answered(const NodeId& node, std::string_view operation, env::Monotonic now, double seconds);
    // `kind`: one of a few words, the label error_type.
    static constexpr std::string_view kTimedOut = "timeout";
    void failed(const NodeId& node, std::string_view operation, std::string_view kind, std::string error,
                double seconds);

private:
    void bear_witness(const NodeId& node, std::string_view operation, cluster::CallEnd end) const;
    env::Histogram& duration(const NodeId& node, std::string_view operation);

    env::Metrics& metrics_;
    const cluster::Breakers* breakers_;
    Witness witness_;
    mutable std::mutex mutex_;
    std::map<std::string, Sighting> seen_;
    std::map<std::pair<std::string, std::string>, env::Histogram*> durations_;  // by node and operation
};

}  // namespace miroir::admin
