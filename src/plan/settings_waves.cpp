#include "plan/settings_waves.h"

#include <algorithm>

namespace miroir::plan {
namespace {

using cluster::NodeIndex;
using Nodes = std::vector<NodeIndex>;

constexpr std::size_t kTriedAll = 12;  // nodes; of more, not every parting is tried

class Parting {
public:
    Parting(const cluster::Topology& topology, std::uint32_t shards, Nodes usable) : usable_(std::move(usable)) {
        for (std::uint32_t s = 0; s < shards; ++s) {
            std::vector<std::uint8_t> holders(topology.nodes().size(), 0);
            for (const cluster::Replica& replica : topology.replicas_of(ShardId{s})) {
                if (replica.role == cluster::ReplicaRole::Serving) holders[replica.node] = 1;
            }
            holders_.push_back(std::move(holders));
        }
    }

    bool covers(const Nodes& nodes) const {
        return std::ranges::all_of(holders_, [&](const std::vector<std::uint8_t>& holders) {
            return std::ranges::any_of(nodes, [&](NodeIndex node) { return holders[node] != 0; });
        });
    }
    Nodes without(const Nodes& nodes) const {
        Nodes out;
        std::ranges::copy_if(usable_, std::back_inserter(out),
                             [&](NodeIndex node) { return std::ranges::find(nodes, node) == nodes.end(); });
        return out;
    }

    // The smallest set that covers and leaves another that covers; empty: there is none.
    Nodes smallest_spare() const {
        Nodes best;
        if (usable_.size() > kTriedAll) {
            Nodes greedy = lean_cover();
            return covers(without(greedy)) ? greedy : best;
        }
        for (std::uint32_t mask = 1; mask + 1 < (1U << usable_.size()); ++mask) {
            Nodes some;
            for (std::size_t i = 0; i < usable_.size(); ++i) {
                if ((mask >> i & 1U) != 0) some.push_back(usable_[i]);
            }
            const bool smaller = best.empty() || some.size() < best.size();
            if (smaller && covers(some) && covers(without(some))) best = std::move(some);
        }
        return best;
    }

    // A cover of which no node can be spared.
    Nodes lean_cover() const {
        Nodes kept = usable_;
        for (const NodeIndex node : usable_) {
            Nodes less = kept;
            std::erase(less, node);
            if (covers(less)) kept = std::move(less);
        }
        return kept;
    }

private:
    Nodes usable_;
    std::vector<std::vector<std::uint8_t>> holders_;  // by shard and node
};

}  // namespace

SettingsWaves settings_waves(const cluster::Topology& topology, std::uint32_t shards,
                             const std::vector<std::uint8_t>& usable, Rollout rollout) {
    Nodes nodes;
    for (std::size_t i = 0; i < usable.size(); ++i) {
        if (usable[i] != 0) nodes.push_back(static_cast<NodeIndex>(i));
    }
    SettingsWaves out;
    if (rollout == Rollout::Sequential) {
        for (const NodeIndex node : nodes) out.waves.push_back({node});
        return out;
    }
    const Parting parting(topology, shards, nodes);
    if (!nodes.empty() && parting.covers(nodes)) {
        if (Nodes spare = parting.smallest_spare(); !spare.empty()) {
            out.waves = {parting.without(spare), std::move(spare)};
            out.first_covers = true;
            return out;
        }
        Nodes rest = parting.lean_cover();
        Nodes first = parting.without(rest);
        if (!first.empty()) out.waves = {std::move(first), std::move(rest)};
    }
    if (out.waves.empty() && !nodes.empty()) out.waves.push_back(std::move(nodes));
    return out;
}

}  // namespace miroir::plan
