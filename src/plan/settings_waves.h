// In which waves the nodes of an index get new settings. Where the copies can be parted into two full covers, the
// second is left alone until the first has the new settings: reads move from one to the other at once. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "cluster/topology.h"

namespace miroir::plan {

enum class Rollout : std::uint8_t { TwoPhase, Sequential };

struct SettingsWaves {
    std::vector<std::vector<cluster::NodeIndex>> waves;
    // The first wave covers every shard by itself: reads move to it before the second begins. Otherwise all waves have
    // to end first.
    bool first_covers = false;
    bool operator==(const SettingsWaves&) const = default;
};

// `usable`: beside the nodes, those that hold what they should and can be asked now. The others are in no wave.
SettingsWaves settings_waves(const cluster::Topology& topology, std::uint32_t shards,
                             const std::vector<std::uint8_t>& usable, Rollout rollout);

}  // namespace miroir::plan
