#include "rebalance/layout.h"

#include <algorithm>
#include <set>

#include "json/members.h"
#include "json/parse.h"
#include "json/write.h"

namespace miroir::rebalance {
namespace {

std::string names_of(const Layout& layout) {
    std::string out;
    for (const auto& [name, seat] : layout.nodes) out += (out.empty() ? "" : ", ") + name;
    return out;
}

std::uint32_t groups_of(const Layout& layout) {
    std::set<std::uint32_t> groups;
    for (const auto& [name, seat] : layout.nodes) groups.insert(seat.group);
    return static_cast<std::uint32_t>(groups.size());
}

// In which group the node is, if it is there.
std::optional<std::uint32_t> group_in(const Layout& layout, const std::string& name) {
    const auto found = layout.nodes.find(name);
    return found == layout.nodes.end() ? std::nullopt : std::optional(found->second.group);
}

std::string turned(std::string_view what, std::uint32_t was, std::uint32_t is) {
    return std::string(what) + " " + std::to_string(was) + " (now " + std::to_string(is) + ")";
}

}  // namespace

Layout layout_of(const cluster::Topology& topology) {
    Layout out{.replicas = topology.replicas(), .nodes = {}};
    for (const cluster::Node& node : topology.nodes()) {
        if (node.standing.role == cluster::NodeRole::Removed) continue;
        out.nodes[node.id.value] = {
            .group = node.group.value, .zone = node.zone, .weight = node.weight, .address = node.address};
    }
    return out;
}

std::string to_record(const Layout& layout) {
    json::Array nodes;
    for (const auto& [name, seat] : layout.nodes) {
        nodes.emplace_back(json::Object{{"id", name},
                                        {"group", seat.group},
                                        {"zone", seat.zone},
                                        {"weight", seat.weight},
                                        {"address", seat.address}});
    }
    return json::to_text(json::Object{{"replicas", layout.replicas}, {"nodes", std::move(nodes)}});
}

Result<Layout> layout_from(const std::string& record) {
    const auto stored = json::parse(record);
    const json::Value* nodes = stored ? stored->find("nodes") : nullptr;
    if (nodes == nullptr || !nodes->is_array())
        return fail(ErrorCode::MiroirStorageFailed, "the layout in the store cannot be read");
    Layout out{.replicas = static_cast<std::uint32_t>(number_at(*stored, "replicas")), .nodes = {}};
    for (const json::Value& node : nodes->array()) {
        out.nodes[text_at(node, "id")] = {.group = static_cast<std::uint32_t>(number_at(node, "group")),
                                          .zone = text_at(node, "zone"),
                                          .weight = static_cast<std::uint32_t>(number_at(node, "weight")),
                                          .address = text_at(node, "address")};
    }
    return out;
}

std::optional<std::string> layout_refusal(const Layout& last, const Layout& cluster, const Layout& now) {
    bool follows = now.replicas == last.replicas || now.replicas == cluster.replicas;
    std::set<std::string> names;
    for (const Layout* layout : {&last, &now}) {
        for (const auto& [name, seat] : layout->nodes) names.insert(name);
    }
    for (const std::string& name : names) {
        const auto is = group_in(now, name);
        follows = follows && (is == group_in(last, name) || is == group_in(cluster, name));
    }
    if (follows) return std::nullopt;
    if (names_of(cluster) != names_of(now)) return "nodes " + names_of(cluster) + " (now " + names_of(now) + ")";
    if (groups_of(cluster) != groups_of(now)) return turned("replica_groups", groups_of(cluster), groups_of(now));
    if (cluster.replicas != now.replicas) return turned("replication_factor", cluster.replicas, now.replicas);
    return "other groups of the nodes";
}

}  // namespace miroir::rebalance
