#include "cluster/topology.h"

#include <algorithm>
#include <set>
#include <utility>

#include "cluster/placement_change.h"

namespace miroir::cluster {

// The only way to make a snapshot: a copy of the last one, changed, with the next version.
struct TopologyChange {
    std::shared_ptr<Topology> next;

    TopologyChange() : next(std::make_shared<Topology>()) {}
    explicit TopologyChange(const Topology& from) : next(std::make_shared<Topology>(from)) { ++next->version_; }

    std::vector<Node>& nodes() const { return next->nodes_; }
    void set_sizes(std::uint32_t shards, std::uint32_t replicas) const {
        next->shards_ = shards;
        next->replicas_ = replicas;
    }
    void set_version(std::uint64_t version) const { next->version_ = version; }
    void set_placement_version(std::uint64_t version) const { next->placement_version_ = version; }
    void agree() const { ++next->placement_version_; }
    void place(Placement placement) const {
        next->groups_ = placement.groups();
        next->placement_ = std::make_shared<const Placement>(std::move(placement));
    }
};

namespace {

constexpr std::size_t kMaxNameBytes = 255;
constexpr std::uint32_t kMaxWeight = 10000;
constexpr std::uint32_t kMaxGroups = 64;

Result<void> refuse(std::string message, const NodeId& node = {}, int status = 0) {
    return fail(
        {.code = ErrorCode::MiroirInvalidRequest, .message = std::move(message), .node = node.value, .status = status});
}

Result<void> check_spec(const NodeSpec& spec) {
    const std::string& name = spec.id.value;
    if (name.empty() || name.size() > kMaxNameBytes) return refuse("a node's name has 1 to 255 bytes");
    const auto plain = [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '\\'; };
    if (!std::ranges::all_of(name, plain)) {
        return refuse("the node name `" + name + "` may hold only visible ASCII letters, without quotes");
    }
    if (spec.address.empty()) return refuse("node `" + name + "` has no address", spec.id);
    if (spec.weight == 0 || spec.weight > kMaxWeight) {
        return refuse("the weight of node `" + name + "` must lie between 1 and 10000", spec.id);
    }
    if (spec.group.value >= kMaxGroups) return refuse("node `" + name + "` names a group above 63", spec.id);
    return {};
}

Result<void> check_distinct(const std::vector<NodeSpec>& nodes) {
    if (nodes.size() > kMaxNodes) return refuse("more than 1024 nodes");
    std::set<std::string_view> names;
    std::set<std::string_view> addresses;
    for (const NodeSpec& spec : nodes) {
        MIROIR_CHECK(check_spec(spec));
        if (!names.insert(spec.id.value).second) return refuse("two nodes are called `" + spec.id.value + "`", spec.id);
        if (!addresses.insert(spec.address).second) {
            return refuse("two nodes have the address " + spec.address + ": each document would be counted twice",
                          spec.id);
        }
    }
    return {};
}

Result<std::uint32_t> check_groups(const TopologySpec& spec) {
    std::vector<std::uint32_t> sizes(kMaxGroups, 0);
    std::uint32_t groups = 1;
    for (const NodeSpec& node : spec.nodes) {
        ++sizes[node.group.value];
        groups = std::max(groups, node.group.value + 1);
    }
    for (std::uint32_t g = 0; g < groups; ++g) {
        const bool left = sizes[g] == 0 && !spec.nodes.empty();  // the number of a group that has left stays free
        if (sizes[g] >= spec.replicas || left) continue;
        std::string message = "group " + std::to_string(g) + " has " + std::to_string(sizes[g]) + " nodes, but " +
                              std::to_string(spec.replicas) + " replicas of each shard need as many nodes";
        return std::unexpected(refuse(std::move(message)).error());
    }
    return groups;
}

Result<void> check_sizes(std::uint32_t shards, std::uint32_t replicas) {
    if (shards == 0 || shards > kMaxShards) return refuse("the number of shards must lie between 1 and 4096");
    if (replicas == 0 || replicas > kMaxNodes) return refuse("the number of replicas must be at least 1");
    return {};
}

Result<NodeIndex> named(const Topology& topology, const NodeId& id) {
    if (const auto index = topology.find(id)) return *index;
    return fail(
        {.code = ErrorCode::MiroirNotFound, .message = "there is no node `" + id.value + "`", .node = id.value});
}

std::uint32_t groups_in_use(const std::vector<Node>& nodes) {
    std::uint32_t groups = 1;
    for (const Node& node : nodes) groups = std::max(groups, node.group.value + 1);
    return groups;
}

bool in_service(const Topology& topology, NodeIndex node) {
    for (std::uint32_t s = 0; s < topology.placement().shards(); ++s) {
        for (const Replica& r : topology.replicas_of(ShardId{s})) {
            if (r.node == node && r.role != ReplicaRole::Leaving) return true;
        }
    }
    return false;
}

bool is_placed(const Topology& topology, NodeIndex node) {
    return topology.placement().held_by(node, topology.placement().shards()) > 0;
}

bool leaves_the_cluster(NodeEvent event) { return event == NodeEvent::Emptied || event == NodeEvent::Discard; }

}  // namespace

std::optional<NodeIndex> Topology::find(const NodeId& id) const {
    const auto at = std::ranges::find(nodes_, id, &Node::id);
    if (at == nodes_.end()) return std::nullopt;
    return static_cast<NodeIndex>(at - nodes_.begin());
}

bool Topology::holds_exactly(NodeIndex node, std::span<const ShardId> answers_for, std::uint32_t shards) const {
    // Who answers for a shard holds it, so equal numbers mean equal sets.
    return placement_->held_by(node, shards) == answers_for.size();
}

bool Topology::has_group(GroupId group) const {
    return std::ranges::any_of(
        nodes_, [group](const Node& node) { return node.group == group && node.standing.role != NodeRole::Removed; });
}

std::uint32_t Topology::copies() const {
    const auto written =
        std::ranges::count_if(replicas_of(ShardId{0}), [](Replica r) { return r.role != ReplicaRole::Leaving; });
    return static_cast<std::uint32_t>(std::max<std::ptrdiff_t>(written, 1));
}

bool Topology::settled() const {
    for (std::uint32_t s = 0; s < placement_->shards(); ++s) {
        for (std::uint32_t g = 0; g < groups_; ++g) {
            if (!has_group(GroupId{g})) continue;
            const auto cell = replicas_of(ShardId{s}, GroupId{g});
            const bool serve = std::ranges::all_of(cell, [](Replica r) { return r.role == ReplicaRole::Serving; });
            if (cell.size() != replicas_ || !serve) return false;
        }
    }
    return true;
}

Result<TopologyPtr> make_topology(const TopologySpec& spec) {
    MIROIR_CHECK(check_sizes(spec.shards, spec.replicas));
    MIROIR_CHECK(check_distinct(spec.nodes));
    MIROIR_TRY(const std::uint32_t groups, check_groups(spec));
    const TopologyChange change;
    for (const NodeSpec& node : spec.nodes) change.nodes().push_back(Node{node, Standing{}, NodeFacts{}});
    change.set_sizes(spec.shards, spec.replicas);
    change.place(Placement(std::max(spec.shards, kPlacedShards), groups));
    change.place(ideal_placement(*change.next));
    return TopologyPtr(change.next);
}

Result<TopologyPtr> restore_topology(const SavedTopology& saved) {
    MIROIR_CHECK(check_sizes(saved.shards, saved.replicas));
    MIROIR_CHECK(check_distinct(saved.nodes));
    const auto broken = [](std::string what) {
        return fail(ErrorCode::MiroirStorageFailed, "the saved topology is broken: " + std::move(what));
    };
    if (saved.roles.size() != saved.nodes.size()) return broken("a node without a role");
    if (saved.placement.shards() < saved.shards) return broken("fewer shards are placed than there are");
    const TopologyChange change;
    for (std::size_t i = 0; i < saved.nodes.size(); ++i) {
        if (saved.nodes[i].group.value >= saved.placement.groups())
            return broken("a node of a group without placement");
        change.nodes().push_back(Node{saved.nodes[i], Standing{.role = saved.roles[i]}, NodeFacts{}});
    }
    for (std::uint32_t s = 0; s < saved.placement.shards(); ++s) {
        std::set<NodeIndex> seen;
        for (const Replica& r : saved.placement.replicas(ShardId{s})) {
            if (r.node >= saved.nodes.size()) return broken("a shard on an unknown node");
            if (!seen.insert(r.node).second) return broken("two replicas of one shard on one node");
        }
    }
    change.set_sizes(saved.shards, saved.replicas);
    change.set_placement_version(saved.placement_version);
    change.place(saved.placement);
    return TopologyPtr(change.next);
}

SavedTopology saved(const Topology& topology) {
    SavedTopology out{.placement_version = topology.placement_version(),
                      .shards = topology.shards(),
                      .replicas = topology.replicas(),
                      .nodes = {},
                      .roles = {},
                      .placement = topology.placement()};
    for (const Node& node : topology.nodes()) {
        out.nodes.push_back(node);
        out.roles.push_back(node.standing.role);
    }
    return out;
}

TopologyPtr with_what_probes_know(const Topology& agreed, const Topology& now) {
    const TopologyChange change(agreed);
    change.set_version(now.version() + 1);
    for (Node& node : change.nodes()) {
        const auto known = now.find(node.id);
        if (!known || now.node(*known).address != node.address) continue;
        node.standing.reach = now.node(*known).standing.reach;
        node.facts = now.node(*known).facts;
    }
    return change.next;
}

Result<TopologyPtr> with_node_event(const Topology& from, const NodeId& node, NodeEvent event) {
    MIROIR_TRY(const NodeIndex index, named(from, node));
    const Standing before = from.node(index).standing;
    auto after = step(before, event);
    if (!after) {
        after.error().message = "node `" + node.value + "`: " + after.error().message;
        after.error().node = node.value;
        return std::unexpected(std::move(after).error());
    }
    // What is up and serves would be lost with the node; what is down and written off is what Discard is for.
    if (leaves_the_cluster(event) && before.reach != NodeReach::Down && in_service(from, index)) {
        return std::unexpected(
            refuse("node `" + node.value + "` still holds shards: drain it first", node, 409).error());
    }
    const TopologyChange change(from);
    change.nodes()[index].standing = *after;
    if (after->role != before.role) change.agree();
    return TopologyPtr(change.next);
}

TopologyPtr with_placement(const Topology& from, Placement placement) {
    const TopologyChange change(from);
    change.place(std::move(placement));
    change.agree();
    return change.next;
}

Result<TopologyPtr> with_node_facts(const Topology& from, const NodeId& node, NodeFacts facts) {
    MIROIR_TRY(const NodeIndex index, named(from, node));
    const TopologyChange change(from);
    change.nodes()[index].facts = std::move(facts);
    return TopologyPtr(change.next);
}

Result<TopologyPtr> with_node_address(const Topology& from, const NodeId& node, std::string address) {
    MIROIR_TRY(const NodeIndex index, named(from, node));
    for (const Node& other : from.nodes()) {
        if (other.id != node && other.address == address) {
            return std::unexpected(
                refuse("node `" + other.id.value + "` already has the address " + address, node).error());
        }
    }
    const TopologyChange change(from);
    Node& changed = change.nodes()[index];
    changed.address = std::move(address);
    MIROIR_CHECK(check_spec(changed));
    if (changed.standing.role != NodeRole::Removed) changed.standing.reach = NodeReach::Unknown;
    change.agree();
    return TopologyPtr(change.next);
}

Result<TopologyPtr> with_addresses_exchanged(const Topology& from, const NodeId& one, const NodeId& other) {
    MIROIR_TRY(const NodeIndex first, named(from, one));
    MIROIR_TRY(const NodeIndex second, named(from, other));
    const TopologyChange change(from);
    std::swap(change.nodes()[first].address, change.nodes()[second].address);
    for (const NodeIndex index : {first, second}) {
        Node& changed = change.nodes()[index];
        if (changed.standing.role != NodeRole::Removed) changed.standing.reach = NodeReach::Unknown;
    }
    change.agree();
    return TopologyPtr(change.next);
}

Result<TopologyPtr> with_node_weight(const Topology& from, const NodeId& node, std::uint32_t weight) {
    MIROIR_TRY(const NodeIndex index, named(from, node));
    const TopologyChange change(from);
    change.nodes()[index].weight = weight;
    MIROIR_CHECK(check_spec(change.nodes()[index]));
    change.agree();
    return TopologyPtr(change.next);
}

Result<TopologyPtr> with_node(const Topology& from, NodeSpec spec) {
    std::vector<NodeSpec> all(from.nodes().begin(), from.nodes().end());
    all.push_back(spec);
    MIROIR_CHECK(check_distinct(all));
    if (spec.group.value > from.groups()) {
        return std::unexpected(refuse("the next group is " + std::to_string(from.groups()), spec.id).error());
    }
    const TopologyChange change(from);
    change.nodes().push_back(Node{std::move(spec), Standing{.role = NodeRole::Joining}, NodeFacts{}});
    PlacementEditor editor(from.placement());
    editor.set_groups(std::max(from.groups(), groups_in_use(change.nodes())));
    change.place(editor.finish());
    change.agree();
    return TopologyPtr(change.next);
}

Result<TopologyPtr> with_group_dropped(const Topology& from, GroupId group) {
    const TopologyChange change(from);
    PlacementEditor editor(from.placement());
    for (Node& node : change.nodes()) {
        if (node.group == group) node.standing = {.role = NodeRole::Removed, .reach = node.standing.reach};
    }
    for (std::uint32_t s = 0; s < from.placement().shards(); ++s) editor.at(ShardId{s}, group).clear();
    change.place(editor.finish());
    change.agree();
    return TopologyPtr(change.next);
}

Result<TopologyPtr> without_node(const Topology& from, const NodeId& node) {
    MIROIR_TRY(const NodeIndex index, named(from, node));
    if (from.node(index).standing.role != NodeRole::Removed) {
        return std::unexpected(refuse("node `" + node.value + "` is not removed yet", node, 409).error());
    }
    if (is_placed(from, index)) {
        return std::unexpected(refuse("shards are still placed on node `" + node.value + "`", node, 409).error());
    }
    const TopologyChange change(from);
    change.nodes().erase(change.nodes().begin() + index);
    PlacementEditor editor(from.placement());
    editor.forget(index);
    editor.set_groups(groups_in_use(change.nodes()));
    change.place(editor.finish());
    change.agree();
    return TopologyPtr(change.next);
}

}  // namespace miroir::cluster
