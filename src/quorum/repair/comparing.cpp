#include "quorum/repair/comparing.h"

#include <algorithm>
#include <bit>
#include <functional>

#include "cluster/reserved.h"

namespace miroir::quorum {
namespace {

constexpr std::string_view kVectors = "_vectors";

std::uint64_t mixed(std::uint64_t number) {
    number ^= number >> 33;
    number *= 0xFF51AFD7ED558CCD;
    number ^= number >> 33;
    number *= 0xC4CEB9FE1A85EC53;
    return number ^ number >> 33;
}

std::uint64_t hash_text(std::string_view text) { return mixed(std::hash<std::string_view>{}(text)); }

std::uint64_t digest_of_value(const json::Value& value);

std::uint64_t digest_of_object(const json::Object& object) {
    std::uint64_t sum = object.size();
    for (const auto& [name, member] : object) sum += mixed(hash_text(name) * 3 + digest_of_value(member));
    return mixed(sum + 7);
}

std::uint64_t digest_of_value(const json::Value& value) {
    if (value.is_null()) return 1;
    if (value.is_bool()) return value.boolean() ? 2 : 3;
    if (value.is_unsigned()) return mixed(value.unsigned_integer() + 4);
    if (value.is_negative()) return mixed(static_cast<std::uint64_t>(value.negative_integer()) ^ 5);
    if (value.is_float()) return mixed(std::bit_cast<std::uint64_t>(value.number()) ^ 6);
    if (value.is_string()) return hash_text(value.string());
    if (value.is_object()) return digest_of_object(value.object());
    std::uint64_t out = value.array().size() + 8;
    for (const json::Value& each : value.array()) out = mixed(out * 31 + digest_of_value(each));
    return out;
}

// What a node computes by itself may differ in the last digit.
std::uint64_t digest_of_vectors(const json::Value& vectors) {
    if (!vectors.is_object()) return digest_of_value(vectors);
    std::uint64_t sum = vectors.object().size();
    for (const auto& [name, vector] : vectors.object()) {
        const json::Value* made_here = vector.find("regenerate");
        const bool own = made_here != nullptr && *made_here == json::Value(true);
        sum += mixed(hash_text(name) * 3 + (own ? 1 : digest_of_value(vector)));
    }
    return mixed(sum);
}

std::vector<NodeId> servers_of(const cluster::Topology& topology, ShardId shard) {
    std::vector<NodeId> out;
    for (const cluster::Replica& replica : topology.replicas_of(shard)) {
        const cluster::Node& node = topology.node(replica.node);
        const bool gone = node.standing.role == cluster::NodeRole::Removed;
        if (replica.role == cluster::ReplicaRole::Serving && !gone) out.push_back(node.id);
    }
    std::ranges::sort(out);
    return out;
}

}  // namespace

std::vector<CompareUnit> compare_units(const cluster::Topology& topology, const plan::Catalog& catalog,
                                       std::uint32_t from, std::uint32_t most) {
    std::vector<CompareUnit> out;
    for (const auto& [uid, index] : catalog.indexes) {
        const std::uint32_t count = most == 0 ? index->shards : std::min(most, index->shards);
        std::map<std::vector<NodeId>, std::vector<ShardId>> by_nodes;
        for (std::uint32_t i = 0; i < count; ++i) {
            const ShardId shard{(from + i) % index->shards};
            by_nodes[servers_of(topology, shard)].push_back(shard);
        }
        for (auto& [nodes, shards] : by_nodes) {
            std::ranges::sort(shards);
            if (!nodes.empty()) out.push_back({.index = uid, .nodes = nodes, .shards = std::move(shards)});
        }
    }
    return out;
}

std::uint64_t digest_of(const json::Value& document) {
    if (!document.is_object()) return digest_of_value(document);
    std::uint64_t sum = document.object().size();
    for (const auto& [name, member] : document.object()) {
        const std::uint64_t inner = name == kVectors ? digest_of_vectors(member) : digest_of_value(member);
        sum += mixed(hash_text(name) * 3 + inner);
    }
    return mixed(sum + 7);
}

CopyMarks marks_of(const json::Value& document, const std::string& id, std::uint32_t shards) {
    const json::Value* label = document.find(cluster::kShardField);
    const json::Value* stamp = document.find(cluster::kStampField);
    if (label == nullptr || stamp == nullptr || !label->is_string() || !stamp->is_string()) return {};
    const auto shard = cluster::shard_of_label(label->string());
    const auto number = cluster::stamp_of(stamp->string());
    if (!number || shard != cluster::shard_of(id, shards)) return {};
    return {.well_formed = true, .stamp = *number};
}

void StretchCopy::add(std::string id, std::uint64_t digest) {
    ++digest_.documents;
    digest_.sum += mixed(hash_text(id) * 3 + digest);
    by_id_[std::move(id)] = digest;
}

std::set<std::string> StretchCopy::differing(const std::vector<StretchCopy>& copies) {
    std::set<std::string> out;
    const bool equal =
        std::ranges::all_of(copies, [&](const StretchCopy& copy) { return copy.digest_ == copies.front().digest_; });
    if (copies.empty() || equal) return out;
    for (const StretchCopy& copy : copies) {
        for (const auto& [id, digest] : copy.by_id_) {
            const bool everywhere = std::ranges::all_of(copies, [&](const StretchCopy& other) {
                const auto found = other.by_id_.find(id);
                return found != other.by_id_.end() && found->second == digest;
            });
            if (!everywhere) out.insert(id);
        }
    }
    return out;
}

}  // namespace miroir::quorum
