// Weighted rendezvous. Each (shard, node) pair gets a uniform 64-bit hash h; the node with the smallest
// -log2(h / 2^64) / weight wins, which picks node i with probability weight_i / sum of weights, and keeps the order of
// all others when one node comes or goes. With equal weights this is simply the order of the highest hashes.
// The logarithm is our own, in whole numbers: a library's may differ in the last bit from machine to machine, and two
// processes would then place a shard differently.
//
// Zones: sort the candidates by (how many better ones their own zone has, score) and take the first R. A candidate
// that appears can only worsen the keys of its own zone's members, so nothing ever moves between two old nodes.
#include "cluster/placement.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <map>

#include "base/assert.h"

namespace miroir::cluster {
namespace {

using U128 = unsigned __int128;

constexpr std::uint64_t kHashSeed = 0;
constexpr int kFraction = 32;  // bits behind the point of minus_log2

// -log2(h / 2^64) with 32 bits behind the point; h = 0 counts as 1.
std::uint64_t minus_log2(std::uint64_t hash) {
    const std::uint64_t h = std::max<std::uint64_t>(hash, 1);
    const int whole = 63 - std::countl_zero(h);
    std::uint64_t mantissa = h << (63 - whole);  // in [1, 2), the point after the first bit
    std::uint64_t fraction = 0;
    for (int bit = 0; bit < kFraction; ++bit) {
        const U128 square = static_cast<U128>(mantissa) * mantissa;  // in [1, 4), two bits before the point
        const bool carry = (square >> 127) != 0;
        mantissa = static_cast<std::uint64_t>(square >> (carry ? 64 : 63));
        fraction = fraction << 1 | static_cast<std::uint64_t>(carry);
    }
    const std::uint64_t log2 = static_cast<std::uint64_t>(whole) << kFraction | fraction;
    return (std::uint64_t{64} << kFraction) - log2;
}

std::uint64_t pair_hash(ShardId shard, std::string_view name) {
    std::string bytes(sizeof shard.value, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(shard.value >> (8 * i));
    bytes += name;
    return XXH64(bytes.data(), bytes.size(), kHashSeed);
}

struct Scored {
    const Candidate* candidate;
    std::uint64_t hash;
    std::uint64_t cost;
    std::uint32_t better_in_zone = 0;
};

bool better(const Scored& a, const Scored& b) {
    if (a.candidate->weight == b.candidate->weight) {
        if (a.hash != b.hash) return a.hash > b.hash;
    } else {
        const U128 left = static_cast<U128>(a.cost) * b.candidate->weight;
        const U128 right = static_cast<U128>(b.cost) * a.candidate->weight;
        if (left != right) return left < right;
        if (a.hash != b.hash) return a.hash > b.hash;
    }
    return a.candidate->name < b.candidate->name;
}

}  // namespace

ShardId shard_of(std::string_view key, std::uint32_t shards) {
    return ShardId{static_cast<std::uint32_t>(XXH64(key.data(), key.size(), kHashSeed) % shards)};
}

std::vector<NodeIndex> best_nodes(ShardId shard, std::span<const Candidate> candidates, std::uint32_t replicas) {
    std::vector<Scored> scored;
    scored.reserve(candidates.size());
    for (const Candidate& candidate : candidates) {
        const std::uint64_t hash = pair_hash(shard, candidate.name);
        scored.push_back({.candidate = &candidate, .hash = hash, .cost = minus_log2(hash)});
    }
    std::ranges::sort(scored, better);
    std::map<std::string_view, std::uint32_t> seen;
    for (Scored& one : scored) {
        if (!one.candidate->zone.empty()) one.better_in_zone = seen[one.candidate->zone]++;
    }
    std::ranges::sort(scored, [](const Scored& a, const Scored& b) {
        return a.better_in_zone != b.better_in_zone ? a.better_in_zone < b.better_in_zone : better(a, b);
    });
    std::vector<NodeIndex> out;
    for (const Scored& one : scored) {
        if (out.size() == replicas) break;
        out.push_back(one.candidate->node);
    }
    return out;
}

Placement::Placement(std::uint32_t shards, std::uint32_t groups)
    : shards_(shards), groups_(groups), ends_(std::size_t{shards} * groups, 0) {}

std::span<const Replica> Placement::replicas(ShardId shard) const {
    MIROIR_ASSERT(shard.value < shards_);
    const std::size_t first = std::size_t{shard.value} * groups_;
    const std::size_t from = first == 0 ? 0 : ends_[first - 1];
    const std::size_t to = groups_ == 0 ? from : ends_[first + groups_ - 1];
    return std::span(cells_).subspan(from, to - from);
}

std::span<const Replica> Placement::replicas(ShardId shard, GroupId group) const {
    MIROIR_ASSERT(shard.value < shards_ && group.value < groups_);
    const std::size_t place = std::size_t{shard.value} * groups_ + group.value;
    const std::size_t from = place == 0 ? 0 : ends_[place - 1];
    return std::span(cells_).subspan(from, ends_[place] - from);
}

std::uint32_t Placement::held_by(NodeIndex node, std::uint32_t shards) const {
    std::uint32_t held = 0;
    for (std::uint32_t s = 0; s < std::min(shards, shards_); ++s) {
        const auto cell = replicas(ShardId{s});
        held += std::ranges::any_of(cell, [node](const Replica& r) { return r.node == node; }) ? 1 : 0;
    }
    return held;
}

PlacementEditor::PlacementEditor(const Placement& from)
    : shards_(from.shards()), groups_(from.groups()), cells_(std::size_t{shards_} * groups_) {
    for (std::uint32_t s = 0; s < shards_; ++s) {
        for (std::uint32_t g = 0; g < groups_; ++g) {
            const auto cell = from.replicas(ShardId{s}, GroupId{g});
            cells_[std::size_t{s} * groups_ + g].assign(cell.begin(), cell.end());
        }
    }
}

std::vector<Replica>& PlacementEditor::at(ShardId shard, GroupId group) {
    MIROIR_ASSERT(shard.value < shards_ && group.value < groups_);
    return cells_[std::size_t{shard.value} * groups_ + group.value];
}

void PlacementEditor::set_groups(std::uint32_t groups) {
    std::vector<std::vector<Replica>> cells(std::size_t{shards_} * groups);
    for (std::uint32_t s = 0; s < shards_; ++s) {
        for (std::uint32_t g = 0; g < std::min(groups, groups_); ++g) {
            cells[std::size_t{s} * groups + g] = std::move(at(ShardId{s}, GroupId{g}));
        }
    }
    cells_ = std::move(cells);
    groups_ = groups;
}

void PlacementEditor::forget(NodeIndex node) {
    for (std::vector<Replica>& cell : cells_) {
        std::erase_if(cell, [node](const Replica& r) { return r.node == node; });
        for (Replica& replica : cell)
            replica.node = static_cast<NodeIndex>(replica.node - (replica.node > node ? 1 : 0));
    }
}

Placement PlacementEditor::finish() const {
    Placement out(shards_, groups_);
    for (std::size_t i = 0; i < cells_.size(); ++i) {
        out.cells_.insert(out.cells_.end(), cells_[i].begin(), cells_[i].end());
        out.ends_[i] = static_cast<std::uint32_t>(out.cells_.size());
    }
    return out;
}

}  // namespace miroir::cluster
