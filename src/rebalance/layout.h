// What an operator wrote down about the cluster, to compare one start with the next: nodes by name with their groups,
// and R. The configuration names the first cluster; later changes are made through the API and are kept in the store.
// So a configuration may stay as it was, or follow what the cluster has become; anything else is refused at the start,
// because its author believes in a cluster that is not there.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "cluster/topology.h"

namespace miroir::rebalance {

struct Layout {
    struct Seat {
        std::uint32_t group = 0;
        std::string zone{};
        std::uint32_t weight = 100;
        std::string address{};  // empty: unknown; plays no part in who holds what
        bool operator==(const Seat&) const = default;
    };
    std::uint32_t replicas = 1;
    std::map<std::string, Seat> nodes;
};

Layout layout_of(const cluster::Topology& topology);  // without removed nodes
std::string to_record(const Layout& layout);
Result<Layout> layout_from(const std::string& record);

// Why the configuration `now` cannot be started with, where the last start had `last` and the cluster has become
// `cluster`; nothing: it can.
std::optional<std::string> layout_refusal(const Layout& last, const Layout& cluster, const Layout& now);

}  // namespace miroir::rebalance
