#include "quorum/repair/layout.h"

#include <algorithm>
#include <set>

#include "json/parse.h"
#include "json/write.h"

namespace miroir::quorum {
namespace {

constexpr std::string_view kTable = "cluster";
constexpr std::string_view kLayout = "layout";

std::string record_of(const cluster::Topology& topology) {
    json::Array nodes;
    for (const cluster::Node& node : topology.nodes()) {
        nodes.emplace_back(json::Object{
            {"id", node.id.value}, {"group", node.group.value}, {"zone", node.zone}, {"weight", node.weight}});
    }
    return json::to_text(json::Object{{"replicas", topology.replicas()}, {"nodes", std::move(nodes)}});
}

std::uint32_t number_at(const json::Value& object, std::string_view key) {
    const json::Value* found = object.find(key);
    return found != nullptr && found->is_unsigned() ? static_cast<std::uint32_t>(found->unsigned_integer()) : 0;
}

std::string text_at(const json::Value& object, std::string_view key) {
    const json::Value* found = object.find(key);
    return found != nullptr && found->is_string() ? found->string() : std::string();
}

Result<cluster::TopologyPtr> topology_of(const std::string& record) {
    const auto stored = json::parse(record);
    const json::Value* nodes = stored ? stored->find("nodes") : nullptr;
    if (nodes == nullptr || !nodes->is_array())
        return fail(ErrorCode::MiroirStorageFailed, "the layout in the store cannot be read");
    cluster::TopologySpec spec;
    spec.replicas = number_at(*stored, "replicas");
    for (const json::Value& node : nodes->array()) {
        const std::string name = text_at(node, "id");
        spec.nodes.push_back({.id = {name},
                              .address = "http://" + name,  // plays no part in who holds what
                              .group = {number_at(node, "group")},
                              .zone = text_at(node, "zone"),
                              .weight = number_at(node, "weight")});
    }
    return cluster::make_topology(spec);
}

std::set<std::string> names_of(const cluster::Topology& topology) {
    std::set<std::string> out;
    for (const cluster::Node& node : topology.nodes()) out.insert(node.id.value);
    return out;
}

std::string list_of(const std::set<std::string>& names) {
    std::string out;
    for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
    return out;
}

std::set<std::string> holders(const cluster::Topology& topology, ShardId shard, GroupId group) {
    std::set<std::string> out;
    for (const cluster::Replica& replica : topology.replicas_of(shard, group))
        out.insert(topology.node(replica.node).id.value);
    return out;
}

bool same_places(const cluster::Topology& a, const cluster::Topology& b) {
    if (a.groups() != b.groups() || a.placement().shards() != b.placement().shards()) return false;
    for (std::uint32_t shard = 0; shard < a.placement().shards(); ++shard) {
        for (std::uint32_t group = 0; group < a.groups(); ++group) {
            if (holders(a, ShardId{shard}, GroupId{group}) != holders(b, ShardId{shard}, GroupId{group})) return false;
        }
    }
    return true;
}

}  // namespace

std::optional<std::string> layout_hides(const cluster::Topology& before, const cluster::Topology& now) {
    if (same_places(before, now)) return std::nullopt;
    const std::set<std::string> old_names = names_of(before);
    const std::set<std::string> new_names = names_of(now);
    if (old_names != new_names) return "nodes " + list_of(old_names) + " (now " + list_of(new_names) + ")";
    const auto numbers = [](std::string_view what, std::uint32_t was, std::uint32_t is) {
        return std::string(what) + " " + std::to_string(was) + " (now " + std::to_string(is) + ")";
    };
    if (before.groups() != now.groups()) return numbers("replica_groups", before.groups(), now.groups());
    if (before.replicas() != now.replicas()) return numbers("replication_factor", before.replicas(), now.replicas());
    return "other groups, zones or weights of the nodes";
}

env::Task<Result<void>> keep_layout(tasks::Store& store, cluster::TopologyPtr now, bool has_data) {
    tasks::RecordKey at{.table = std::string(kTable), .key = std::string(kLayout)};
    const Result<std::optional<std::string>> kept = co_await store.get(std::move(at));
    if (!kept) co_return fail(kept.error());
    if (*kept && has_data) {
        MIROIR_CO_TRY(const cluster::TopologyPtr before, topology_of(**kept));
        if (const auto hidden = layout_hides(*before, *now)) {
            co_return fail(ErrorCode::MiroirConfigInvalid,
                           "the data was written with " + *hidden +
                               ", and would not be found now; start with the layout of before, or name an empty task "
                               "store and empty nodes and add the documents again");
        }
    }
    const std::string record = record_of(*now);
    if (*kept == record) co_return Result<void>{};
    tasks::Batch batch;
    batch.put(std::string(kTable), std::string(kLayout), record);
    co_return co_await store.commit(std::move(batch));
}

}  // namespace miroir::quorum
