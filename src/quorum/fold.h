// The parts of a task folded into what the client sees. Pure.
#pragma once

#include <initializer_list>
#include <set>
#include <vector>

#include "protocol/tasks/task.h"
#include "tasks/task_book.h"

namespace miroir::quorum {

// What a node says of its task, put into the part. Nothing changes while the node's task is not finished.
void take_node_task(tasks::NodeTask& part, const json::Value& node_task);

// True once every part that counts has ended: missed parts do not hold the client up.
bool all_ended(const tasks::TaskEntry& entry);
bool any_canceled(const tasks::TaskEntry& entry);

// The nodes with a part in one of these states.
std::set<NodeId> nodes_in(const tasks::TaskEntry& entry, std::initializer_list<tasks::NodeTask::State> states);

// What is called off when the task is. An addition may have made its index first, on all nodes; later writes rely on
// that, so it is only the documents: the last part of each node that got some.
std::vector<tasks::NodeTask> parts_to_cancel(const tasks::TaskEntry& entry);

// Status, error and summed details, as one node holding everything would have said. Replicas are counted once:
// `copies` is the number of copies of each shard.
void fold_parts(tasks::TaskEntry& entry, std::uint32_t copies);

// What a task that did not succeed says of the documents it touched: none.
void close_counts(tasks::TaskEntry& entry, bool succeeded);

}  // namespace miroir::quorum
