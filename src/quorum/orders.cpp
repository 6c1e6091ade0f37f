#include "quorum/orders.h"

#include <algorithm>
#include <map>
#include <set>

#include "json/write.h"
#include "plan/document_plan.h"
#include "plan/node_settings.h"
#include "protocol/filter/filter.h"
#include "quorum/shelves/rule_repair.h"

namespace miroir::quorum {
namespace {

using plan::CatalogChange;
using protocol::TaskType;

std::vector<ShardId> all_shards(std::uint32_t shards) {
    std::vector<ShardId> out;
    for (std::uint32_t i = 0; i < shards; ++i) out.push_back(ShardId{i});
    return out;
}

protocol::Task task_of(TaskType type, const IndexUid& uid, json::Value details) {
    protocol::Task task;
    task.type = type;
    task.index_uid = uid.value;
    task.details = std::move(details);
    return task;
}

Order order_of(const cluster::TopologyPtr& topology, protocol::Task task) {
    Order order;
    order.write.topology = topology;
    order.write.task = std::move(task);
    return order;
}

// The same request to every node, each answering for the copies it holds.
void broadcast(WriteOrder& order, std::uint32_t shards, const NodeRequest& request) {
    order.shards = all_shards(shards);
    const auto holders = plan::holders_of(*order.topology, order.shards);
    for (cluster::NodeIndex node = 0; node < order.topology->nodes().size(); ++node) {
        if (order.topology->node(node).standing.role == cluster::NodeRole::Removed) continue;
        NodeRequest copy = request;
        copy.node = node;
        if (const auto held = holders.find(node); held != holders.end()) copy.shards = held->second;
        order.requests.push_back(std::move(copy));
    }
}

std::string path_of(const IndexUid& uid, std::string_view rest = {}) {
    return "/indexes/" + uid.value + std::string(rest);
}

NodeRequest settings_request(const IndexUid& uid, const protocol::Settings& settings) {
    return json_request("PATCH", path_of(uid, "/settings"), plan::node_settings(settings, plan::kNodeGates));
}

json::Value key_or_null(const std::optional<std::string>& key) { return key ? json::Value(*key) : json::Value(); }

// The index and what the merge needs of it, ahead of whatever else the order asks.
void create_on_nodes(Order& order, const IndexUid& uid, const std::optional<std::string>& primary_key,
                     std::uint32_t shards) {
    broadcast(
        order.write, shards,
        json_request("POST", "/indexes", json::Object{{"uid", uid.value}, {"primaryKey", key_or_null(primary_key)}}));
    broadcast(order.write, shards, settings_request(uid, {}));
    CatalogChange change{
        .kind = CatalogChange::Kind::Create, .uid = uid, .other = {}, .primary_key = primary_key, .shards = shards};
    order.changes.push_back(std::move(change));
}

CatalogChange touch(const IndexUid& uid) {
    return {.kind = CatalogChange::Kind::Touch, .uid = uid, .other = {}, .primary_key = {}};
}

std::string told_of_taken(const std::set<std::pair<std::string, std::string>>& renames) {
    const auto& [old_name, new_name] = *renames.begin();
    if (renames.size() == 1) {
        return "Cannot rename `" + old_name + "` to `" + new_name +
               "` as the index already exists. Hint: You can remove `" + new_name + "` first and then do your remove.";
    }
    std::string names;
    for (const auto& rename : renames) names += (names.empty() ? "`" : ", `") + rename.second + "`";
    return "The following indexes are being renamed but cannot because their new name conflicts with an already "
           "existing "
           "index: " +
           names + ". Renaming doesn't overwrite the other index name.";
}

CatalogChange set_primary_key(const IndexUid& uid, std::optional<std::string> key) {
    return {.kind = CatalogChange::Kind::SetPrimaryKey, .uid = uid, .other = {}, .primary_key = std::move(key)};
}

}  // namespace

NodeRequest json_request(std::string method, std::string target, const json::Value& body) {
    return {.method = std::move(method),
            .target = std::move(target),
            .content_type = "application/json",
            .body = json::to_text(body)};
}

NodeRequest bare_request(std::string method, std::string target) {
    return {.method = std::move(method), .target = std::move(target), .content_type = {}, .body = {}};
}

Error index_not_found(const IndexUid& uid) {
    return {.code = ErrorCode::IndexNotFound, .message = "Index `" + uid.value + "` not found."};
}

Error inside_index(const IndexUid& uid, Error error) {
    error.message = "Index `" + uid.value + "`: " + error.message;
    return error;
}

Order order_failure(const cluster::TopologyPtr& topology, protocol::Task task, Error verdict) {
    Order order = order_of(topology, std::move(task));
    order.write.verdict = std::move(verdict);
    return order;
}

Order order_index_creation(const cluster::TopologyPtr& topology, const IndexUid& uid, const plan::IndexPtr& index,
                           std::optional<std::string> primary_key, std::uint32_t shards) {
    protocol::Task task = task_of(TaskType::IndexCreation, uid, json::Object{{"primaryKey", key_or_null(primary_key)}});
    if (index) {
        return order_failure(
            topology, std::move(task),
            {.code = ErrorCode::IndexAlreadyExists, .message = "Index `" + uid.value + "` already exists."});
    }
    Order order = order_of(topology, std::move(task));
    create_on_nodes(order, uid, primary_key, shards);
    return order;
}

Order order_index_deletion(const cluster::TopologyPtr& topology, const IndexUid& uid, const plan::IndexPtr& index) {
    protocol::Task task = task_of(TaskType::IndexDeletion, uid, json::Object{{"deletedDocuments", 0}});
    if (!index) return order_failure(topology, std::move(task), index_not_found(uid));
    Order order = order_of(topology, std::move(task));
    broadcast(order.write, index->shards, bare_request("DELETE", path_of(uid)));
    order.changes.push_back({.kind = CatalogChange::Kind::Delete, .uid = uid, .other = {}, .primary_key = {}});
    return order;
}

Order order_index_update(const cluster::TopologyPtr& topology, const IndexUpdate& update, const plan::IndexPtr& index) {
    const IndexUid& uid = update.uid;
    json::Object details{{"primaryKey", key_or_null(update.primary_key)}};
    if (update.name) {
        details.append("oldIndexUid", uid.value);
        details.append("newIndexUid", update.name->value);
    }
    protocol::Task task = task_of(TaskType::IndexUpdate, uid, std::move(details));
    if (!index) return order_failure(topology, std::move(task), index_not_found(uid));
    if (update.name_taken) {
        return order_failure(
            topology, std::move(task),
            {.code = ErrorCode::IndexAlreadyExists, .message = "Index `" + update.name->value + "` already exists."});
    }
    Order order = order_of(topology, std::move(task));
    json::Object body{{"primaryKey", key_or_null(update.primary_key)}};
    if (update.name) body.append("uid", update.name->value);
    broadcast(order.write, index->shards, json_request("PATCH", path_of(uid), json::Value(std::move(body))));
    order.changes.push_back(update.primary_key ? set_primary_key(uid, update.primary_key) : touch(uid));
    if (update.name && *update.name != uid) {
        order.changes.push_back(
            {.kind = CatalogChange::Kind::Swap, .uid = uid, .other = *update.name, .primary_key = {}, .rename = true});
    }
    return order;
}

Order order_settings(const cluster::TopologyPtr& topology, const IndexUid& uid, const plan::IndexPtr& index,
                     const protocol::SettingsPatch& patch, std::uint32_t shards) {
    protocol::Task task = task_of(TaskType::SettingsUpdate, uid, protocol::settings_task_details(patch));
    const protocol::Settings before = index ? index->settings : protocol::Settings();
    const Result<protocol::Settings> settings = protocol::apply_patch(before, patch);
    if (!settings) return order_failure(topology, std::move(task), inside_index(uid, settings.error()));
    Order order = order_of(topology, std::move(task));
    if (!index) create_on_nodes(order, uid, std::nullopt, shards);
    if (index) {
        broadcast(order.write, index->shards, settings_patch(uid, {}));
        order.write.change = SettingsChange{.index = uid, .patch = patch};
    } else {
        broadcast(order.write, shards, settings_request(uid, *settings));
    }
    CatalogChange change{.kind = CatalogChange::Kind::SetSettings, .uid = uid, .other = {}, .primary_key = {}};
    change.settings = protocol::settings_to_store(*settings);
    order.changes.push_back(std::move(change));
    return order;
}

Order order_swaps(const cluster::TopologyPtr& topology, const plan::Catalog& catalog, std::span<const Swap> swaps) {
    json::Array pairs;
    std::vector<std::string> missing;
    std::set<std::pair<std::string, std::string>> taken;  // renames to what is there
    std::uint32_t shards = 1;
    for (const Swap& swap : swaps) {
        pairs.emplace_back(
            json::Object{{"indexes", json::Array{swap.first.value, swap.second.value}}, {"rename", swap.rename}});
        if (swap.rename && catalog.find(swap.second)) taken.emplace(swap.first.value, swap.second.value);
        for (const IndexUid& uid : {swap.first, swap.second}) {
            const plan::IndexPtr index = catalog.find(uid);
            if (index) shards = std::max(shards, index->shards);
            else if (!swap.rename || uid == swap.first) missing.push_back(uid.value);
        }
    }
    protocol::Task task;
    task.type = TaskType::IndexSwap;
    task.details = json::Object{{"swaps", pairs}};
    if (!missing.empty()) {
        std::ranges::sort(missing);
        missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
        std::string names;
        for (const std::string& uid : missing) names += (names.empty() ? "`" : ", `") + uid + "`";
        const std::string noun = missing.size() == 1 ? "Index " : "Indexes ";
        return order_failure(topology, std::move(task),
                             {.code = ErrorCode::IndexNotFound, .message = noun + names + " not found."});
    }
    if (!taken.empty()) {
        return order_failure(topology, std::move(task),
                             {.code = ErrorCode::IndexAlreadyExists, .message = told_of_taken(taken)});
    }
    Order order = order_of(topology, std::move(task));
    broadcast(order.write, shards, json_request("POST", "/swap-indexes", pairs));
    for (const Swap& swap : swaps) {
        order.changes.push_back({.kind = CatalogChange::Kind::Swap,
                                 .uid = swap.first,
                                 .other = swap.second,
                                 .primary_key = {},
                                 .rename = swap.rename});
    }
    return order;
}

Order order_documents(const cluster::TopologyPtr& topology, const IndexUid& uid, const plan::IndexPtr& index,
                      const DocumentBatch& batch, std::uint32_t shards) {
    const std::size_t received = batch.payload.documents.size();
    protocol::Task task = task_of(TaskType::DocumentAdditionOrUpdate, uid,
                                  json::Object{{"receivedDocuments", received}, {"indexedDocuments", nullptr}});
    Order order = order_of(topology, std::move(task));
    const bool no_key_yet = batch.primary_key.empty();
    const std::uint32_t count = index ? index->shards : shards;
    if (!index) create_on_nodes(order, uid, no_key_yet ? std::nullopt : std::optional(batch.primary_key), shards);
    else if (!index->primary_key && !no_key_yet) order.changes.push_back(set_primary_key(uid, batch.primary_key));
    order.changes.push_back(touch(uid));

    plan::DocumentPlan plan = plan::split_documents(batch.payload, batch.ids, batch.stamps, *topology, count);
    std::string target = path_of(uid, "/documents?primaryKey=" + batch.primary_key);
    if (batch.skip_creation) target += "&skipCreation=true";
    for (auto& [node, body] : plan.bodies) {
        order.write.requests.push_back({.node = node,
                                        .method = batch.update ? "PUT" : "POST",
                                        .target = target,
                                        .content_type = "application/x-ndjson",
                                        .body = std::move(body.ndjson),
                                        .shards = std::move(body.shards)});
    }
    if (index) order.write.shards = plan.shards;
    order.write.at_success = json::Object{{"indexedDocuments", plan.distinct}};
    return order;
}

Order order_deletion_by_ids(const cluster::TopologyPtr& topology, const IndexUid& uid, const plan::IndexPtr& index,
                            std::span<const std::string> ids) {
    protocol::Task task =
        task_of(TaskType::DocumentDeletion, uid,
                json::Object{{"providedIds", ids.size()}, {"deletedDocuments", nullptr}, {"originalFilter", nullptr}});
    if (!index) return order_failure(topology, std::move(task), index_not_found(uid));
    Order order = order_of(topology, std::move(task));
    if (ids.empty()) order.write.at_success = json::Object{{"deletedDocuments", 0}};  // no node will say so
    std::map<cluster::NodeIndex, json::Array> bodies;
    std::set<ShardId> touched;
    for (const std::string& id : ids) {
        const ShardId shard = cluster::shard_of(id, index->shards);
        touched.insert(shard);
        for (const auto& [node, shards] : plan::holders_of(*topology, std::span(&shard, 1)))
            bodies[node].emplace_back(id);
    }
    order.write.shards.assign(touched.begin(), touched.end());
    const auto holders = plan::holders_of(*topology, order.write.shards);
    for (auto& [node, list] : bodies) {
        NodeRequest request = json_request("POST", path_of(uid, "/documents/delete-batch"), std::move(list));
        request.node = node;
        request.shards = holders.at(node);
        order.write.requests.push_back(std::move(request));
    }
    order.changes.push_back(touch(uid));
    return order;
}

Order order_deletion_by_filter(const cluster::TopologyPtr& topology, const IndexUid& uid, const plan::IndexPtr& index,
                               const json::Value& filter, const json::Value& carried) {
    protocol::Task task = task_of(
        TaskType::DocumentDeletion, uid,
        json::Object{{"providedIds", 0}, {"deletedDocuments", nullptr}, {"originalFilter", json::to_text(filter)}});
    if (!index) return order_failure(topology, std::move(task), index_not_found(uid));
    Order order = order_of(topology, std::move(task));
    broadcast(order.write, index->shards,
              json_request("POST", path_of(uid, "/documents/delete"), json::Object{{"filter", carried}}));
    order.changes.push_back(touch(uid));
    return order;
}

Order order_deletion_of_all(const cluster::TopologyPtr& topology, const IndexUid& uid, const plan::IndexPtr& index) {
    protocol::Task task = task_of(TaskType::DocumentDeletion, uid, json::Object{{"deletedDocuments", nullptr}});
    if (!index) return order_failure(topology, std::move(task), index_not_found(uid));
    Order order = order_of(topology, std::move(task));
    broadcast(order.write, index->shards, bare_request("DELETE", path_of(uid, "/documents")));
    order.changes.push_back(touch(uid));
    return order;
}

Order order_rule_change(const cluster::TopologyPtr& topology, const RuleChange& change, std::uint32_t shards) {
    Order order = order_of(topology, change.task);
    order.write.at_success = change.task.details;  // not the sum of what the nodes say
    const std::string target = std::string(kRulesTarget) + (change.rule ? "/" + *change.rule : "");
    broadcast(order.write, shards,
              change.body ? json_request(change.method, target, *change.body) : bare_request(change.method, target));
    return order;
}

Order order_snapshots(const cluster::TopologyPtr& topology, std::uint32_t shards) {
    protocol::Task task;
    task.type = TaskType::SnapshotCreation;
    Order order = order_of(topology, std::move(task));
    broadcast(order.write, shards, bare_request("POST", "/snapshots"));
    return order;
}

Order order_compaction(const cluster::TopologyPtr& topology, const IndexUid& uid, const plan::IndexPtr& index) {
    protocol::Task task = task_of(TaskType::IndexCompaction, uid, json::Object{});
    if (!index) return order_failure(topology, std::move(task), index_not_found(uid));
    Order order = order_of(topology, std::move(task));
    broadcast(order.write, index->shards, bare_request("POST", path_of(uid, "/compact")));
    return order;
}

Order order_failed_addition(const cluster::TopologyPtr& topology, protocol::Task task, Error verdict,
                            std::uint32_t shards) {
    const IndexUid uid{task.index_uid.value_or("")};
    Order order = order_failure(topology, std::move(task), std::move(verdict));
    if (shards > 0) create_on_nodes(order, uid, std::nullopt, shards);
    return order;
}

Order order_failed_filter(const cluster::TopologyPtr& topology, const IndexUid& uid, const json::Value& filter,
                          Error verdict) {
    protocol::Task task = task_of(
        TaskType::DocumentDeletion, uid,
        json::Object{{"providedIds", 0}, {"deletedDocuments", nullptr}, {"originalFilter", json::to_text(filter)}});
    return order_failure(topology, std::move(task), std::move(verdict));
}

Order order_missing_index(const cluster::TopologyPtr& topology, TaskType type, const IndexUid& uid,
                          json::Value details) {
    return order_failure(topology, task_of(type, uid, std::move(details)), index_not_found(uid));
}

Result<void> judge_filter(const plan::IndexEntry& index, const json::Value& filter) {
    constexpr ErrorCode kCode = ErrorCode::InvalidDocumentFilter;
    MIROIR_TRY(const auto parsed, protocol::parse_filter(filter, kCode));
    if (!parsed) return {};
    const auto& rules = index.settings.filterable_attributes;
    Result<void> checked = protocol::check_filterable(*parsed, rules, kCode);
    if (checked) checked = protocol::check_geo(*parsed, rules, kCode);
    if (!checked) return fail(inside_index(index.uid, checked.error()));
    return {};
}

Order order_edition(const cluster::TopologyPtr& topology, protocol::Task task, const plan::IndexPtr& index,
                    const json::Value& body) {
    const IndexUid uid{task.index_uid.value_or("")};
    if (!index) return order_failure(topology, std::move(task), index_not_found(uid));
    Order order = order_of(topology, std::move(task));
    broadcast(order.write, index->shards, json_request("POST", path_of(uid, "/documents/edit"), body));
    order.changes.push_back(touch(uid));
    return order;
}

}  // namespace miroir::quorum
