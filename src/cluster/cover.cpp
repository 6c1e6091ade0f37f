// For each shard: the preferred group first, then the others in turn; inside a group the better of the two replicas
// that a hash of (seed, shard, node) puts first, so that load spreads over replicas while one query meets the same ones
// each time. Two and not all: whoever is cheapest just now must not be everybody's choice.
#include "cluster/cover.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace miroir::cluster {
namespace {

std::uint64_t mix(std::uint64_t x) {  // a 64-bit finalizer: every bit of the input reaches every bit of the output
    x ^= x >> 30;
    x *= 0xBF58476D1CE4E5B9;
    x ^= x >> 27;
    x *= 0x94D049BB133111EB;
    return x ^ (x >> 31);
}

class Chooser {
public:
    Chooser(const Topology& topology, const CoverPreference& preference)
        : topology_(topology), preference_(preference), askable_(topology.nodes().size()), cost_(askable_.size(), 0.0) {
        for (std::size_t i = 0; i < askable_.size(); ++i) {
            const auto node = static_cast<NodeIndex>(i);
            askable_[i] =
                topology.node(node).readable() && std::ranges::find(preference.avoid, node) == preference.avoid.end();
            if (preference.cost && askable_[i]) cost_[i] = preference.cost(node);
        }
    }

    std::optional<NodeIndex> choose(ShardId shard) const {
        const std::uint32_t groups = topology_.groups();
        const std::uint32_t first = preference_.group ? preference_.group->value % groups
                                                      : static_cast<std::uint32_t>(mix(preference_.seed + 1) % groups);
        for (std::uint32_t g = 0; g < groups; ++g) {
            const auto found = choose_in(shard, GroupId{(first + g) % groups});
            if (found) return found;
        }
        return std::nullopt;
    }

private:
    std::optional<NodeIndex> choose_in(ShardId shard, GroupId group) const {
        struct Drawn {
            NodeIndex node;
            std::uint64_t draw;
        };
        std::optional<Drawn> first;
        std::optional<Drawn> second;
        for (const Replica& r : topology_.replicas_of(shard, group)) {
            if (r.role != ReplicaRole::Serving || !askable_[r.node]) continue;
            if (preference_.fresh && !preference_.fresh(r.node, shard)) continue;
            const std::uint64_t draw = mix(preference_.seed ^ mix((std::uint64_t{shard.value} << 16 | r.node) + 1));
            const Drawn drawn{.node = r.node, .draw = draw};
            if (!first || draw > first->draw) second = std::exchange(first, drawn);
            else if (!second || draw > second->draw) second = drawn;
        }
        if (!first) return std::nullopt;
        const bool too_dear = second && cost_[first->node] > preference_.stick * cost_[second->node];
        return too_dear ? second->node : first->node;
    }

    const Topology& topology_;
    const CoverPreference& preference_;
    std::vector<char> askable_;
    std::vector<double> cost_;
};

std::uint32_t shards_asked(const Topology& topology, std::uint32_t shards) {
    const std::uint32_t asked = shards == 0 ? topology.shards() : shards;
    MIROIR_ASSERT(asked <= topology.placement().shards());
    return asked;
}

Error unavailable(const std::vector<ShardId>& missing, std::uint32_t shards) {
    constexpr std::size_t kShown = 8;
    std::string message =
        "no replica can answer for " + std::to_string(missing.size()) + " of " + std::to_string(shards) + " shards:";
    for (std::size_t i = 0; i < std::min(kShown, missing.size()); ++i)
        message += " " + std::to_string(missing[i].value);
    if (missing.size() > kShown) message += " …";
    return Error{.code = ErrorCode::MiroirShardUnavailable, .message = std::move(message)};
}

// Many requests are about one document: nothing is made for the other shards.
Result<Cover> cover_of_one(const Chooser& chooser, ShardId shard, bool allow_missing, std::uint32_t shards) {
    Cover out;
    if (const auto node = chooser.choose(shard)) {
        out.parts.push_back({.node = *node, .shards = {shard}, .whole = false});
        return out;
    }
    out.missing.push_back(shard);
    if (!allow_missing) return std::unexpected(unavailable(out.missing, shards));
    return out;
}

}  // namespace

Result<Cover> cover(const Topology& topology, const CoverPreference& preference) {
    const std::uint32_t shards = shards_asked(topology, preference.shards);
    const Chooser chooser(topology, preference);
    if (preference.only) return cover_of_one(chooser, *preference.only, preference.allow_missing, shards);
    std::vector<std::vector<ShardId>> by_node(topology.nodes().size());
    Cover out;
    for (std::uint32_t s = 0; s < shards; ++s) {
        if (const auto node = chooser.choose(ShardId{s})) by_node[*node].push_back(ShardId{s});
        else out.missing.push_back(ShardId{s});
    }
    if (!out.missing.empty() && !preference.allow_missing) return std::unexpected(unavailable(out.missing, shards));
    for (std::size_t i = 0; i < by_node.size(); ++i) {
        if (by_node[i].empty()) continue;
        const auto node = static_cast<NodeIndex>(i);
        const bool whole = topology.holds_exactly(node, by_node[i], shards);
        out.parts.push_back({.node = node, .shards = std::move(by_node[i]), .whole = whole});
    }
    return out;
}

Coverage coverage(const Topology& topology, std::uint32_t shards) {
    Coverage out;
    out.shards = shards_asked(topology, shards);
    for (std::uint32_t s = 0; s < out.shards; ++s) {
        bool covered = false;
        bool whole = true;
        for (std::uint32_t g = 0; g < topology.groups(); ++g) {
            if (!topology.has_group(GroupId{g})) continue;
            std::uint32_t readable = 0;
            std::uint32_t serving = 0;
            for (const Replica& r : topology.replicas_of(ShardId{s}, GroupId{g})) {
                if (r.role != ReplicaRole::Serving) continue;
                ++serving;
                readable += topology.node(r.node).readable() ? 1 : 0;
            }
            covered = covered || readable > 0;
            whole = whole && readable == serving && readable >= topology.replicas();
        }
        if (!covered) out.uncovered.push_back(ShardId{s});
        else if (!whole) out.degraded.push_back(ShardId{s});
        out.covered += covered ? 1 : 0;
    }
    return out;
}

}  // namespace miroir::cluster
