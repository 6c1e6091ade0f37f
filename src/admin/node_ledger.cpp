#include "admin/node_ledger.h"

#include <array>

namespace miroir::admin {
namespace {

constexpr env::MetricName kDuration{.name = "miroir_node_request_duration_seconds",
                                    .help = "Time a node took to answer."};
constexpr env::MetricName kErrors{.name = "miroir_node_errors_total", .help = "Calls to a node that went wrong."};
constexpr auto kBounds = std::to_array<double>({.001, .005, .01, .025, .05, .1, .5, 1});

}  // namespace

Sighting NodeLedger::sighting(const NodeId& node) const {
    const std::lock_guard lock(mutex_);
    const auto place = seen_.find(node.value);
    return place == seen_.end() ? Sighting{} : place->second;
}

env::Histogram& NodeLedger::duration(const NodeId& node, std::string_view operation) {
    env::Histogram*& known = durations_[std::pair(node.value, std::string(operation))];
    if (known == nullptr) {
        known = &metrics_.histogram(kDuration, kBounds, {{"node_id", node.value}, {"operation", operation}});
    }
    return *known;
}

void NodeLedger::bear_witness(const NodeId& node, std::string_view operation, cluster::CallEnd end) const {
    if (witness_ && operation != "health" && operation != "version") witness_(node, end);
}

void NodeLedger::answered(const NodeId& node, std::string_view operation, env::Monotonic now, double seconds) {
    bool recovered = false;
    {
        const std::lock_guard lock(mutex_);
        duration(node, operation).observe(seconds);
        Sighting& seen = seen_[node.value];
        seen.last_seen = now;
        recovered = !seen.error.empty();
        seen.error.clear();
    }
    if (recovered) bear_witness(node, operation, cluster::CallEnd::Good);
}

void NodeLedger::failed(const NodeId& node, std::string_view operation, std::string_view kind, std::string error,
                        double seconds) {
    {
        const std::lock_guard lock(mutex_);
        duration(node, operation).observe(seconds);
        metrics_.counter(kErrors, {{"node_id", node.value}, {"error_type", kind}}).add();
        seen_[node.value].error = std::move(error);
    }
    bear_witness(node, operation, kind == kTimedOut ? cluster::CallEnd::Late : cluster::CallEnd::Bad);
}

}  // namespace miroir::admin
