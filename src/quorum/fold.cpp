#include "quorum/fold.h"

#include <algorithm>
#include <map>

#include "json/members.h"
#include "plan/edit_guard.h"

namespace miroir::quorum {
namespace {

using tasks::NodeTask;
using State = NodeTask::State;

// Counts of documents that nodes report each for its own part.
constexpr std::string_view kSummed[] = {"deletedDocuments", "editedDocuments"};

bool has_ended(const NodeTask& part) { return part.state >= State::Missed; }

Error error_of(const json::Value& error) {
    return {.code = error_code_of(text_at(error, "code")), .message = text_at(error, "message")};
}

// Each copy of a document is counted by the node that holds it.
void sum_details(tasks::TaskEntry& entry, std::uint32_t copies) {
    for (const std::string_view name : kSummed) {
        json::Value* shown = entry.task.details.is_object() ? entry.task.details.object().find(name) : nullptr;
        if (shown == nullptr) continue;
        std::uint64_t sum = 0;
        for (const NodeTask& part : entry.parts) {
            const json::Value* count = part.details.find(name);
            if (count != nullptr && count->is_unsigned()) sum += count->unsigned_integer();
        }
        *shown = sum / std::max<std::uint32_t>(1, copies);
    }
}

// What nodes say each of its own, and none of which is a count of documents: the first one's word stands.
void take_first_word(tasks::TaskEntry& entry) {
    static constexpr std::string_view kWords[] = {"dumpUid", "preCompactionSize", "postCompactionSize"};
    const auto told = std::ranges::find_if(entry.parts, [](const NodeTask& part) { return part.details.is_object(); });
    if (told == entry.parts.end() || !entry.task.details.is_object()) return;
    for (const std::string_view name : kWords) {
        const json::Value* word = told->details.find(name);
        if (word != nullptr && !word->is_null()) entry.task.details.object().set(name, *word);
    }
}

// The nodes run more than the client wrote.
void tell_of_function(protocol::Task& task) {
    if (task.type != protocol::TaskType::DocumentEdition || !task.error) return;
    task.error->message = plan::told_of_function(std::move(task.error->message), text_at(task.details, "function"));
}

}  // namespace

void take_node_task(NodeTask& part, const json::Value& node_task) {
    const auto status = protocol::task_status_of(text_at(node_task, "status"));
    if (!status || !protocol::is_finished(*status)) return;
    part.state = *status == protocol::TaskStatus::Succeeded ? State::Succeeded
                 : *status == protocol::TaskStatus::Failed  ? State::Failed
                                                            : State::Canceled;
    if (const json::Value* details = node_task.find("details")) part.details = *details;
    if (const json::Value* error = node_task.find("error"); error != nullptr && error->is_object())
        part.error = error_of(*error);
}

void close_counts(tasks::TaskEntry& entry, bool succeeded) {
    if (!entry.task.details.is_object() || succeeded) return;
    for (const std::string_view name :
         {"indexedDocuments", "deletedDocuments", "editedDocuments", "deletedTasks", "canceledTasks"}) {
        const bool kept =
            name == "deletedDocuments" && entry.task.type == protocol::TaskType::DocumentEdition;  // stays null
        json::Value* count = kept ? nullptr : entry.task.details.object().find(name);
        if (count != nullptr) *count = 0;
    }
}

std::set<NodeId> nodes_in(const tasks::TaskEntry& entry, std::initializer_list<tasks::NodeTask::State> states) {
    std::set<NodeId> out;
    for (const tasks::NodeTask& part : entry.parts) {
        if (std::ranges::find(states, part.state) != states.end()) out.insert(part.node);
    }
    return out;
}

bool all_ended(const tasks::TaskEntry& entry) { return std::ranges::all_of(entry.parts, has_ended); }

bool any_canceled(const tasks::TaskEntry& entry) {
    return std::ranges::any_of(entry.parts, [](const NodeTask& part) { return part.state == State::Canceled; });
}

std::vector<NodeTask> parts_to_cancel(const tasks::TaskEntry& entry) {
    if (entry.task.type != protocol::TaskType::DocumentAdditionOrUpdate) return entry.parts;
    std::map<NodeId, std::vector<const NodeTask*>> of_nodes;
    for (const NodeTask& part : entry.parts) of_nodes[part.node].push_back(&part);
    std::size_t most = 0;
    for (const auto& [node, parts] : of_nodes) most = std::max(most, parts.size());
    std::vector<NodeTask> out;
    for (const auto& [node, parts] : of_nodes) {
        if (parts.size() == most) out.push_back(*parts.back());
    }
    return out;
}

void fold_parts(tasks::TaskEntry& entry, std::uint32_t copies) {
    const auto failed = std::ranges::find(entry.parts, State::Failed, &NodeTask::state);
    if (entry.verdict) {
        entry.task.status = protocol::TaskStatus::Failed;
        entry.task.error = entry.verdict;
    } else if (failed != entry.parts.end()) {
        entry.task.status = protocol::TaskStatus::Failed;
        entry.task.error = failed->error;
        tell_of_function(entry.task);
    } else {
        entry.task.status = any_canceled(entry) ? protocol::TaskStatus::Canceled : protocol::TaskStatus::Succeeded;
    }
    const bool succeeded = entry.task.status == protocol::TaskStatus::Succeeded;
    if (succeeded) sum_details(entry, copies);
    if (succeeded) take_first_word(entry);
    if (succeeded && entry.at_success.is_object()) {
        for (const json::Member& member : entry.at_success.object()) entry.task.details[member.first] = member.second;
    }
    close_counts(entry, succeeded);
}

}  // namespace miroir::quorum
