#include "node/tasks/queue.h"

#include <algorithm>

#include "base/assert.h"

namespace miroir::node {

using protocol::Task;
using protocol::TaskStatus;

Work& TaskQueue::add(Work work) {
    const std::uint64_t uid = work.task.uid;
    next_uid_ = std::max(next_uid_, uid + 1);
    if (work.task.status == TaskStatus::Enqueued) enqueued_.insert(uid);
    if (work.task.batch_uid) by_batch_[*work.task.batch_uid].insert(uid);
    return works_.insert_or_assign(uid, std::move(work)).first->second;
}

Work* TaskQueue::find(std::uint64_t uid) {
    const auto found = works_.find(uid);
    return found == works_.end() ? nullptr : &found->second;
}

const Work* TaskQueue::find(std::uint64_t uid) const {
    const auto found = works_.find(uid);
    return found == works_.end() ? nullptr : &found->second;
}

void TaskQueue::settle(Task task) {
    const auto found = works_.find(task.uid);
    if (found == works_.end()) return;
    if (task.batch_uid) by_batch_[*task.batch_uid].insert(task.uid);
    enqueued_.erase(task.uid);
    if (protocol::is_finished(task.status)) found->second.payload = std::string();
    found->second.task = std::move(task);
}

void TaskQueue::remove(std::span<const std::uint64_t> uids) {
    for (const std::uint64_t uid : uids) {
        const auto found = works_.find(uid);
        if (found == works_.end()) continue;
        if (const auto batch = found->second.task.batch_uid) {
            std::set<std::uint64_t>& members = by_batch_[*batch];
            members.erase(uid);
            if (members.empty()) {
                by_batch_.erase(*batch);
                batches_.erase(*batch);
            }
        }
        enqueued_.erase(uid);
        works_.erase(found);
    }
}

void TaskQueue::rename_index(std::string_view from, std::string_view to, std::uint64_t before_uid) {
    for (auto& [uid, work] : works_) {
        if (uid >= before_uid) break;
        node::rename_index(work, from, to);
    }
}

void TaskQueue::swap_indexes(std::string_view a, std::string_view b, std::uint64_t before_uid) {
    for (auto& [uid, work] : works_) {
        if (uid >= before_uid) break;
        if (work.task.index_uid == a) {
            node::rename_index(work, a, b);
        } else {
            node::rename_index(work, b, a);
        }
    }
}

void TaskQueue::start(protocol::Batch batch, std::vector<std::uint64_t> uids) {
    MIROIR_ASSERT(!running_);
    running_uids_ = std::move(uids);
    for (const std::uint64_t uid : running_uids_) {
        Task& task = works_.at(uid).task;
        task.status = TaskStatus::Processing;
        task.batch_uid = batch.uid;
        task.started_at = batch.started_at;
        enqueued_.erase(uid);
    }
    running_ = std::move(batch);
}

void TaskQueue::stop() {
    for (const std::uint64_t uid : running_uids_) {
        Work* const work = find(uid);
        if (work == nullptr || work->task.status != TaskStatus::Processing) continue;
        work->task.status = TaskStatus::Enqueued;
        work->task.batch_uid.reset();
        work->task.started_at.reset();
        enqueued_.insert(uid);
    }
    running_.reset();
    running_uids_.clear();
}

void TaskQueue::finish(protocol::Batch batch) {
    running_.reset();
    running_uids_.clear();
    restore_batch(std::move(batch));
}

void TaskQueue::restore_batch(protocol::Batch batch) {
    next_batch_ = std::max(next_batch_, batch.uid + 1);
    batches_.insert_or_assign(batch.uid, std::move(batch));
}

void TaskQueue::reserve(std::uint64_t next_uid, std::uint64_t next_batch) {
    next_uid_ = std::max(next_uid_, next_uid);
    next_batch_ = std::max(next_batch_, next_batch);
}

bool TaskQueue::is_indexing(std::string_view index_uid) const {
    return std::ranges::any_of(running_uids_, [&](std::uint64_t uid) {
        const Work* const work = find(uid);
        return work != nullptr && work->task.index_uid == index_uid;
    });
}

std::vector<const Work*> TaskQueue::tasks_of(std::uint64_t batch_uid) const {
    std::vector<const Work*> out;
    if (running_ && running_->uid == batch_uid) {
        for (const std::uint64_t uid : running_uids_) out.push_back(find(uid));
        return out;
    }
    const auto found = by_batch_.find(batch_uid);
    if (found == by_batch_.end()) return out;
    for (const std::uint64_t uid : found->second) out.push_back(find(uid));
    return out;
}

const protocol::Batch* TaskQueue::find_batch(std::uint64_t uid) const {
    if (running_ && running_->uid == uid) return &*running_;
    const auto found = batches_.find(uid);
    return found == batches_.end() ? nullptr : &found->second;
}

std::vector<std::uint64_t> TaskQueue::matching(const protocol::TaskFilter& filter) const {
    std::vector<std::uint64_t> out;
    if (filter.uids.values) {  // few are asked for by name: look at those alone
        for (const std::uint64_t uid : *filter.uids.values) {
            const Work* const work = find(uid);
            if (work != nullptr && filter.matches(work->task, indexes_of(*work))) out.push_back(uid);
        }
        std::ranges::sort(out);
        const auto twice = std::ranges::unique(out);
        out.erase(twice.begin(), twice.end());
        return out;
    }
    for (const auto& [uid, work] : works_) {
        if (filter.matches(work.task, indexes_of(work))) out.push_back(uid);
    }
    return out;
}

}  // namespace miroir::node
