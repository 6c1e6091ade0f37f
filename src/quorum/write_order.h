// A write as data: what each node is to be asked, and the task the client will see. Made by the plans of single
// resources (document_orders.h, index_orders.h), carried out by the Writer, which knows nothing of documents.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "cluster/topology.h"
#include "protocol/tasks/task.h"
#include "quorum/repair/graves.h"
#include "quorum/settings_change.h"

namespace miroir::quorum {

struct NodeRequest {
    cluster::NodeIndex node = cluster::kNoNode;
    std::string method = "POST";
    std::string target;
    std::string content_type;  // empty: no body
    std::string body;
    std::vector<ShardId> shards;  // whose copies on this node the request changes
};

NodeRequest json_request(std::string method, std::string target, const json::Value& body);
NodeRequest bare_request(std::string method, std::string target);
NodeRequest settings_patch(const IndexUid& index, std::string body);

// A task without requests of its own: those of the order that carries it do its work, too.
struct CarriedTask {
    protocol::Task task;
    json::Value at_success{};
};

struct WriteOrder {
    cluster::TopologyPtr topology;
    protocol::Task task;                // without uid and times
    std::vector<NodeRequest> requests;  // several for one node are carried out in their order; empty: no node is asked
    std::vector<ShardId> shards;        // that the write touches
    std::optional<Error> verdict;       // the task fails with this, no node is asked
    json::Value at_success{};           // members that its details get when it succeeds, or null
    std::optional<SettingsChange> change{};  // then the requests wait for their wave, and their bodies until then
    std::vector<std::uint64_t> targets{};    // tasks that it deletes or cancels
    json::Value wish{};                      // see tasks::TaskEntry
    std::optional<Grave> grave{};            // what it deletes; the task's uid comes later
    std::optional<std::span<const std::string>> ids{};  // of all documents that it may change; they outlive it
    std::vector<CarriedTask> carried{};                 // in the order of the writes, all behind `task`
};

}  // namespace miroir::quorum
