// What nodes say of the tasks that they were given: one question to each node in a round, for the tasks that are open
// longest. Lives on one executor.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "cluster/topology.h"
#include "quorum/node_link.h"
#include "tasks/task_book.h"

namespace miroir::quorum {

class Answers {
public:
    static constexpr std::size_t kInOneQuestion = 64;

    // The parts that nodes have accepted, of tasks in this order, as far as one question each reaches.
    void plan(const std::vector<const tasks::TaskEntry*>& open);
    // Asks one of the nodes that plan() has found. What it said before is forgotten.
    std::vector<NodeId> nodes() const;
    env::Task<bool> ask(NodeLink& link, std::string address);

    // Once: who looks again wants to know what has changed. Nothing: it was not asked. Null: it knows no such task.
    std::optional<json::Value> take(const NodeId& node, std::uint64_t uid);
    bool is_silent(const NodeId& node) const { return asked_.contains(node) && !said_.contains(node); }

private:
    std::map<NodeId, std::map<std::uint64_t, json::Value>> said_;
    std::map<NodeId, std::vector<std::uint64_t>> asked_;
};

}  // namespace miroir::quorum
