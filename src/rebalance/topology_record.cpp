// {"version":7,"replicas":2,"groups":2,"nodes":[…],"placement":["0,2;3,1+","…"]}: a text for each shard, its groups
// parted by `;`, their replicas by `,`: the place of the node in the list, with `+` where it is being filled and `-`
// where it is leaving.
#include "rebalance/topology_record.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "json/members.h"
#include "json/parse.h"
#include "json/write.h"

namespace miroir::rebalance {
namespace {

using cluster::NodeRole;
using cluster::Placement;
using cluster::PlacementEditor;
using cluster::Replica;
using cluster::ReplicaRole;

constexpr std::array kRoles = {NodeRole::Joining, NodeRole::Active, NodeRole::Draining, NodeRole::Removed};

std::unexpected<Error> broken(std::string what) {
    return fail(ErrorCode::MiroirStorageFailed, "the topology in the store cannot be read: " + std::move(what));
}

std::string cell_text(std::span<const Replica> cell) {
    std::string out;
    for (const Replica& replica : cell) {
        if (!out.empty()) out += ',';
        out += std::to_string(replica.node);
        if (replica.role == ReplicaRole::Incoming) out += '+';
        if (replica.role == ReplicaRole::Leaving) out += '-';
    }
    return out;
}

bool read_cell(std::string_view text, std::vector<Replica>& cell) {
    const char* at = text.data();
    const char* end = at + text.size();
    while (at < end) {
        Replica replica;
        const auto [behind, trouble] = std::from_chars(at, end, replica.node);
        if (trouble != std::errc()) return false;
        at = behind;
        if (at < end && *at == '+') replica.role = ReplicaRole::Incoming, ++at;
        else if (at < end && *at == '-') replica.role = ReplicaRole::Leaving, ++at;
        if (at < end && *at++ != ',') return false;
        cell.push_back(replica);
    }
    return true;
}

bool read_shard(std::string_view text, ShardId shard, std::uint32_t groups, PlacementEditor& editor) {
    for (std::uint32_t g = 0; g < groups; ++g) {
        const std::size_t end = text.find(';');
        if ((end == std::string_view::npos) != (g + 1 == groups)) return false;
        if (!read_cell(text.substr(0, end), editor.at(shard, GroupId{g}))) return false;
        if (end != std::string_view::npos) text.remove_prefix(end + 1);
    }
    return true;
}

Result<void> read_nodes(const json::Array& nodes, cluster::SavedTopology& out) {
    for (const json::Value& node : nodes) {
        const auto role = std::ranges::find(kRoles, text_at(node, "role"), [](NodeRole r) { return name_of(r); });
        if (role == kRoles.end()) return broken("a node without a role");
        out.nodes.push_back({.id = {text_at(node, "id")},
                             .address = text_at(node, "address"),
                             .group = {static_cast<std::uint32_t>(number_at(node, "group"))},
                             .zone = text_at(node, "zone"),
                             .weight = static_cast<std::uint32_t>(number_at(node, "weight"))});
        out.roles.push_back(*role);
    }
    return {};
}

// More shards than were placed: the ideal places for those behind.
Result<cluster::TopologyPtr> extended(const cluster::Topology& topology, cluster::SavedTopology saved) {
    cluster::SavedTopology wider = saved;
    wider.placement = Placement(saved.shards, saved.placement.groups());
    wider.nodes.clear();
    wider.roles.clear();
    for (const cluster::Node& node : topology.nodes()) {
        wider.nodes.push_back(node);
        wider.roles.push_back(node.standing.role);
    }
    MIROIR_TRY(const cluster::TopologyPtr empty, restore_topology(wider));
    PlacementEditor editor(ideal_placement(*empty));
    for (std::uint32_t s = 0; s < saved.placement.shards(); ++s) {
        for (std::uint32_t g = 0; g < saved.placement.groups(); ++g) {
            const auto cell = saved.placement.replicas(ShardId{s}, GroupId{g});
            editor.at(ShardId{s}, GroupId{g}).assign(cell.begin(), cell.end());
        }
    }
    wider.placement = editor.finish();
    return restore_topology(wider);
}

}  // namespace

std::string to_record(const cluster::Topology& topology) {
    json::Array nodes;
    for (const cluster::Node& node : topology.nodes()) {
        nodes.emplace_back(json::Object{{"id", node.id.value},
                                        {"address", node.address},
                                        {"group", node.group.value},
                                        {"zone", node.zone},
                                        {"weight", node.weight},
                                        {"role", name_of(node.standing.role)}});
    }
    json::Array placement;
    for (std::uint32_t s = 0; s < topology.placement().shards(); ++s) {
        std::string shard;
        for (std::uint32_t g = 0; g < topology.groups(); ++g)
            shard += (g == 0 ? "" : ";") + cell_text(topology.replicas_of(ShardId{s}, GroupId{g}));
        placement.emplace_back(std::move(shard));
    }
    return json::to_text(json::Object{{"version", topology.placement_version()},
                                      {"replicas", topology.replicas()},
                                      {"groups", topology.groups()},
                                      {"nodes", std::move(nodes)},
                                      {"placement", std::move(placement)}});
}

Result<cluster::TopologyPtr> topology_from(const std::string& record, std::uint32_t shards) {
    const auto stored = json::parse(record);
    const json::Value* nodes = stored ? stored->find("nodes") : nullptr;
    const json::Value* placement = stored ? stored->find("placement") : nullptr;
    if (nodes == nullptr || !nodes->is_array() || placement == nullptr || !placement->is_array())
        return broken("members are missing");
    const auto groups = static_cast<std::uint32_t>(number_at(*stored, "groups"));
    const auto placed = static_cast<std::uint32_t>(placement->array().size());
    if (groups == 0 || groups > cluster::kMaxNodes || placed > cluster::kMaxShards) return broken("its sizes");
    cluster::SavedTopology saved{.placement_version = number_at(*stored, "version"),
                                 .shards = shards,
                                 .replicas = static_cast<std::uint32_t>(number_at(*stored, "replicas")),
                                 .nodes = {},
                                 .roles = {},
                                 .placement = {}};
    MIROIR_CHECK(read_nodes(nodes->array(), saved));
    PlacementEditor editor(Placement(placed, groups));
    for (std::uint32_t s = 0; s < placed; ++s) {
        const json::Value& text = placement->array()[s];
        if (!text.is_string() || !read_shard(text.string(), ShardId{s}, groups, editor))
            return broken("shard " + std::to_string(s));
    }
    saved.placement = editor.finish();
    if (placed >= shards) return restore_topology(saved);
    cluster::SavedTopology narrow = saved;
    narrow.shards = placed;
    MIROIR_TRY(const cluster::TopologyPtr before, restore_topology(narrow));
    return extended(*before, std::move(saved));
}

}  // namespace miroir::rebalance
