// How the writer comes to owe a node copies.
#include <algorithm>

#include "env/log.h"
#include "env/unix_time.h"
#include "json/write.h"
#include "quorum/writer.h"

namespace miroir::quorum {

env::Task<Result<void>> Writer::open() {
    MIROIR_CO_CHECK(co_await options_.claim->open(store_, env_.random));
    MIROIR_CO_CHECK(co_await hints_.open());
    MIROIR_CO_CHECK(co_await debts_.open());
    MIROIR_CO_CHECK(co_await witnesses_.open());
    MIROIR_CO_CHECK(co_await graves_.open());
    co_return co_await open_changes();
}

void Writer::dig(tasks::Batch& batch, const WriteOrder& order, std::uint64_t task,
                 const std::vector<plan::CatalogChange>& changes) {
    const std::uint64_t now_us = env::unix_us(env_.clock);
    if (!options_.keep_graves) return;
    for (const plan::CatalogChange& change : changes) {
        if (change.kind != plan::CatalogChange::Kind::Swap) continue;
        graves_.blur(batch, change.uid, now_us);
        graves_.blur(batch, change.other, now_us);
    }
    if (!order.grave || order.verdict) return;
    Grave grave = *order.grave;
    grave.task = task;
    graves_.dig(batch, IndexUid{order.task.index_uid.value_or("")}, std::move(grave));
}

void Writer::fill(tasks::Batch& batch, const WriteOrder& order) {
    if (order.grave) graves_.fill(batch, IndexUid{order.task.index_uid.value_or("")}, order.grave->at);
}

// What failed or was cancelled has deleted nothing; of what is forgotten nobody knows.
Deletion Writer::deletion_of(const IndexUid& index, const std::string& id, std::uint64_t stamp) const {
    return graves_.of(index, id, stamp, [this](std::uint64_t task) {
        const tasks::TaskEntry* entry = tasks_.find(task);
        if (entry == nullptr) return Deletion::Perhaps;
        const protocol::TaskStatus status = entry->task.status;
        const bool nothing = status == protocol::TaskStatus::Failed || status == protocol::TaskStatus::Canceled;
        return nothing ? Deletion::None : Deletion::Certain;
    });
}

bool Writer::is_changing(const IndexUid& index) const {
    return std::ranges::any_of(changes_, [&](const auto& change) {
        return change.second.index == index && change.second.phase != SettingsChange::Phase::Waiting;
    });
}

bool Writer::at_rest(const NodeId& node, const IndexUid& index) const {
    if (hints_.any(node) || is_changing(index)) return false;
    // A change that has not begun holds the same back on every node.
    const std::optional<std::uint64_t> holder = hints_.holder_of(node, {index.value});
    return !holder || changes_.contains(*holder);
}

void Writer::owe_index(tasks::Batch& batch, const NodeId& node, const IndexUid& index, const std::string& why) {
    const plan::IndexPtr entry = catalog_.projected().find(index);
    const cluster::TopologyPtr topology = topology_();
    const std::optional<cluster::NodeIndex> place = topology->find(node);
    if (!entry || !place) return;
    std::vector<ShardId> held;
    for (std::uint32_t shard = 0; shard < entry->shards; ++shard) {
        for (const cluster::Replica& replica : topology->replicas_of(ShardId{shard})) {
            if (replica.node == *place && replica.role != cluster::ReplicaRole::Leaving) held.push_back(ShardId{shard});
        }
    }
    debts_.add(batch, node, index, std::move(held), why);
}

void Writer::owe_all(tasks::Batch& batch, const NodeId& node, const std::string& why) {
    for (const auto& [index, entry] : catalog_.projected().indexes) owe_index(batch, node, index, why);
}

// What the task touched; of one that is forgotten nobody knows that any more.
void Writer::owe_task(tasks::Batch& batch, const NodeId& node, std::uint64_t task, const std::string& why) {
    const tasks::TaskEntry* entry = tasks_.find(task);
    if (entry == nullptr) return owe_all(batch, node, why);
    for (const std::string& index : tasks::indexes_of(entry->task)) owe_index(batch, node, IndexUid{index}, why);
}

// The node has carried out what the task is not said to have done: it gets what these have of the shards that both
// hold.
void Writer::owe_from(tasks::Batch& batch, const tasks::TaskEntry& entry, const NodeId& node,
                      const std::set<NodeId>& givers, const std::string& why) {
    using protocol::TaskType;
    const TaskType type = entry.task.type;
    const bool of_documents = type == TaskType::DocumentAdditionOrUpdate || type == TaskType::DocumentDeletion ||
                              type == TaskType::DocumentEdition;
    const plan::IndexPtr index =
        of_documents && entry.task.index_uid ? catalog_.projected().find(IndexUid{*entry.task.index_uid}) : nullptr;
    if (!index) return;
    const cluster::TopologyPtr topology = topology_();
    std::vector<ShardId> differing;
    for (std::uint32_t s = 0; s < index->shards; ++s) {
        const ShardId shard{s};
        const auto serves = [&](const cluster::Replica& replica, const auto& whom) {
            return replica.role == cluster::ReplicaRole::Serving && whom(topology->node(replica.node).id);
        };
        const auto replicas = topology->replicas_of(shard);
        const bool holds = std::ranges::any_of(replicas, [&](const cluster::Replica& replica) {
            return serves(replica, [&](const NodeId& id) { return id == node; });
        });
        const bool given = std::ranges::any_of(replicas, [&](const cluster::Replica& replica) {
            return serves(replica, [&](const NodeId& id) {
                return givers.contains(id) && id != node && !debts_.lacks(id, index->uid, {shard});
            });
        });
        if (holds && given) differing.push_back(shard);
    }
    if (differing.empty()) return;
    env_.log.error("quorum", "a node carried out what the task is not said to have done: it is made as its peers are",
                   {{"node", node.value}, {"task", entry.task.uid}});
    debts_.add(batch, node, index->uid, std::move(differing), why, Debts::Kind::Surplus);
}

}  // namespace miroir::quorum
