// Which tasks are carried out next, together: the engine's order and its rules for joining tasks of one index.
// Pure: looks at the queue and at what is known of the indexes.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "node/tasks/queue.h"

namespace miroir::node {

struct BatchPlan {
    std::vector<std::uint64_t> uids;  // in order; not empty
    std::string strategy;             // why no more of them, in the engine's words
};

struct IndexFacts {
    bool exists = false;
    std::optional<std::string> primary_key;
};
using FactsOf = std::function<IndexFacts(const std::string& index_uid)>;

std::optional<BatchPlan> plan_batch(const TaskQueue& queue, const FactsOf& facts_of, std::size_t tasks_max);

// Whether the task, alone, would bring a missing index into being.
bool may_create_index(const Work& work);

}  // namespace miroir::node
