// What each kind of write asks of the nodes, what it will do to the catalog, and what its task looks like. Pure.
// `index` is the entry as it will be when the task's turn comes; nullptr: there is none.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "plan/catalog_change.h"
#include "protocol/documents/payload.h"
#include "quorum/turns/wishes.h"
#include "quorum/write_order.h"

namespace miroir::quorum {

struct Order {
    WriteOrder write;
    std::vector<plan::CatalogChange> changes;
};

Order order_index_creation(const cluster::TopologyPtr& topology, const IndexUid& uid, const plan::IndexPtr& index,
                           std::optional<std::string> primary_key, std::uint32_t shards);
Order order_index_deletion(const cluster::TopologyPtr& topology, const IndexUid& uid, const plan::IndexPtr& index);
struct IndexUpdate {
    IndexUid uid;
    std::optional<std::string> primary_key;
    std::optional<IndexUid> name;
    bool name_taken = false;
};
Order order_index_update(const cluster::TopologyPtr& topology, const IndexUpdate& update, const plan::IndexPtr& index);
Order order_settings(const cluster::TopologyPtr& topology, const IndexUid& uid, const plan::IndexPtr& index,
                     const protocol::SettingsPatch& patch, std::uint32_t shards);
struct Swap {
    IndexUid first, second;
    bool rename = false;
};
Order order_swaps(const cluster::TopologyPtr& topology, const plan::Catalog& catalog, std::span<const Swap> swaps);

struct DocumentBatch {
    std::shared_ptr<const std::string> bytes;  // what the payload points into
    protocol::Payload payload;
    std::vector<std::string> ids;       // beside its documents
    std::vector<std::uint64_t> stamps;  // beside them
    std::string primary_key;
    bool update = false;  // PUT: merge into what is there
    bool skip_creation = false;
};
// Makes the index first where there is none, with the settings the merge needs, before the first document lands.
Order order_documents(const cluster::TopologyPtr& topology, const IndexUid& uid, const plan::IndexPtr& index,
                      const DocumentBatch& batch, std::uint32_t shards);

Order order_deletion_by_ids(const cluster::TopologyPtr& topology, const IndexUid& uid, const plan::IndexPtr& index,
                            std::span<const std::string> ids);
// `carried`: the filter as nodes are to be asked.
Order order_deletion_by_filter(const cluster::TopologyPtr& topology, const IndexUid& uid, const plan::IndexPtr& index,
                               const json::Value& filter, const json::Value& carried);
Order order_deletion_of_all(const cluster::TopologyPtr& topology, const IndexUid& uid, const plan::IndexPtr& index);

// As the above where it is known to fail. A failed addition makes the index (`shards` not 0) as the engine does.
Order order_failed_addition(const cluster::TopologyPtr& topology, protocol::Task task, Error verdict,
                            std::uint32_t shards);
Order order_failed_filter(const cluster::TopologyPtr& topology, const IndexUid& uid, const json::Value& filter,
                          Error verdict);
Order order_missing_index(const cluster::TopologyPtr& topology, protocol::TaskType type, const IndexUid& uid,
                          json::Value details);
Result<void> judge_filter(const plan::IndexEntry& index, const json::Value& filter);  // every attribute is filterable

// `body` goes to the nodes, `task` to the client.
Order order_edition(const cluster::TopologyPtr& topology, protocol::Task task, const plan::IndexPtr& index,
                    const json::Value& body);

// Every node keeps all dynamic search rules: a search pins what its node holds.
Order order_rule_change(const cluster::TopologyPtr& topology, const RuleChange& change, std::uint32_t shards);

// Every node writes its own snapshot.
Order order_snapshots(const cluster::TopologyPtr& topology, std::uint32_t shards);
Order order_compaction(const cluster::TopologyPtr& topology, const IndexUid& uid, const plan::IndexPtr& index);

// The task fails with this when its turn comes; no node is asked.
Order order_failure(const cluster::TopologyPtr& topology, protocol::Task task, Error verdict);

Error index_not_found(const IndexUid& uid);
Error inside_index(const IndexUid& uid, Error error);  // "Index `x`: …"

}  // namespace miroir::quorum
