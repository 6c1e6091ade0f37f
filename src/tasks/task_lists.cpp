// What is shown of the tasks: pages of them, and the batches in which they were carried out.
#include <algorithm>

#include "tasks/task_book.h"

namespace miroir::tasks {
namespace {

using protocol::TaskType;

bool shown(const Visible& visible, const protocol::Task& task) { return !visible || visible(task); }

// Uids of a page, newest first or the other way round, and one more where the list goes on.
std::vector<std::uint64_t> page_of(const std::vector<std::uint64_t>& uids, const protocol::TaskQuery& query) {
    std::vector<std::uint64_t> page;
    const std::uint64_t wanted = query.limit == UINT64_MAX ? query.limit : query.limit + 1;
    const auto take = [&](std::uint64_t uid) {
        if (query.from && (query.reverse ? uid < *query.from : uid > *query.from)) return;
        if (page.size() < wanted) page.push_back(uid);
    };
    if (query.reverse) std::ranges::for_each(uids, take);
    else std::for_each(uids.rbegin(), uids.rend(), take);
    return page;
}

std::string quoted(TaskType type) { return "`" + std::string(protocol::task_type_name(type)) + "`"; }

// Why the batch holds no other task, in the engine's words.
std::string strategy_of(const protocol::Task& task) {
    const std::string uid = std::to_string(task.uid);
    switch (task.type) {
        case TaskType::DocumentAdditionOrUpdate:
        case TaskType::DocumentDeletion:
        case TaskType::SettingsUpdate:
        case TaskType::DsrUpdate:
        case TaskType::DsrClear: return "batched all enqueued tasks";
        case TaskType::IndexDeletion: return "stopped after task with id " + uid + " because it deletes the index";
        case TaskType::TaskDeletion:
        case TaskType::SnapshotCreation:
            return "stopped after the last task of type " + quoted(task.type) +
                   " because they cannot be batched with tasks of any other type.";
        default:
            return "created batch containing only task with id " + uid + " of type " + quoted(task.type) +
                   " that cannot be batched with any other task.";
    }
}

}  // namespace

std::vector<std::string> indexes_of(const protocol::Task& task) {
    std::vector<std::string> out;
    if (task.index_uid) {
        out.push_back(*task.index_uid);
        const json::Value* renamed = task.details.find("newIndexUid");
        if (renamed != nullptr && renamed->is_string()) out.push_back(renamed->string());
        return out;
    }
    const json::Value* swaps = task.details.find("swaps");
    if (swaps == nullptr || !swaps->is_array()) return out;
    for (const json::Value& swap : swaps->array()) {
        const json::Value* pair = swap.find("indexes");
        if (pair == nullptr || !pair->is_array()) continue;
        for (const json::Value& uid : pair->array()) out.push_back(uid.string());
    }
    return out;
}

void TaskBook::for_each(const std::function<void(const protocol::Task&)>& look) const {
    for (const auto& [uid, entry] : entries_) look(entry.task);
}

std::vector<std::uint64_t> TaskBook::matching(const protocol::TaskFilter& filter) const {
    std::vector<std::uint64_t> out;
    const auto look = [&](const TaskEntry& entry) {
        if (filter.matches(entry.task, indexes_of(entry.task))) out.push_back(entry.task.uid);
    };
    if (filter.uids.values) {  // few are asked for by name: look at those alone
        for (const std::uint64_t uid : *filter.uids.values) {
            if (const TaskEntry* entry = find(uid)) look(*entry);
        }
        std::ranges::sort(out);
        const auto twice = std::ranges::unique(out);
        out.erase(twice.begin(), twice.end());
        return out;
    }
    const bool only_open =
        filter.statuses.values && std::ranges::none_of(*filter.statuses.values, protocol::is_finished);
    if (only_open) {
        for (const auto& [uid, open] : unfinished_) look(entries_.at(uid));
        return out;
    }
    for (const auto& [uid, entry] : entries_) look(entry);
    return out;
}

TaskPage TaskBook::list(const protocol::TaskQuery& query, const Visible& visible) const {
    TaskPage page;
    const std::vector<std::uint64_t> all = matching(query.filter);
    page.total = all.size();
    for (const std::uint64_t uid : page_of(all, query)) {
        const TaskEntry& entry = entries_.at(uid);
        if (shown(visible, entry.task)) page.tasks.push_back(&entry);
    }
    if (page.tasks.size() > query.limit) {
        page.next = page.tasks.back()->task.uid;
        page.tasks.pop_back();
    }
    if (!page.tasks.empty()) page.from = page.tasks.front()->task.uid;
    return page;
}

std::vector<const protocol::Task*> TaskBook::tasks_of(std::uint64_t batch) const {
    std::vector<const protocol::Task*> out;
    const auto found = batches_.find(batch);
    if (found == batches_.end()) return out;
    for (const std::uint64_t uid : found->second) out.push_back(&entries_.at(uid).task);
    return out;
}

std::optional<protocol::Batch> TaskBook::find_batch(std::uint64_t uid, const Visible& visible) const {
    const std::vector<const protocol::Task*> tasks = tasks_of(uid);
    if (std::ranges::none_of(tasks, [&](const protocol::Task* task) { return shown(visible, *task); }))
        return std::nullopt;
    protocol::Batch batch{.uid = uid};
    batch.started_at = tasks.front()->started_at.value_or(tasks.front()->enqueued_at);
    const bool over =
        std::ranges::all_of(tasks, [](const protocol::Task* task) { return protocol::is_finished(task->status); });
    if (over) batch.finished_at = tasks.back()->finished_at;
    else batch.progress.push_back({.name = "processing tasks", .finished = 0, .total = tasks.size()});
    batch.strategy = strategy_of(*tasks.back());
    batch.details = protocol::batch_details(tasks);
    batch.stats = protocol::batch_stats(tasks);
    return batch;
}

// A batch is in the list when one of its tasks is asked for.
BatchPage TaskBook::list_batches(const protocol::TaskQuery& query, const Visible& visible) const {
    std::vector<std::uint64_t> all;
    for (const std::uint64_t uid : matching(query.filter)) {
        if (const auto batch = entries_.at(uid).task.batch_uid) all.push_back(*batch);
    }
    std::ranges::sort(all);
    const auto twice = std::ranges::unique(all);
    all.erase(twice.begin(), twice.end());
    BatchPage page;
    page.total = all.size();
    for (const std::uint64_t uid : page_of(all, query)) {
        if (auto batch = find_batch(uid, visible)) page.batches.push_back(*std::move(batch));
    }
    if (page.batches.size() > query.limit) {
        page.next = page.batches.back().uid;
        page.batches.pop_back();
    }
    if (!page.batches.empty()) page.from = page.batches.front().uid;
    return page;
}

}  // namespace miroir::tasks
