// All tasks and finished batches of a node, in memory. Uids are given here and only grow.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "node/tasks/work.h"
#include "protocol/tasks/batch.h"
#include "protocol/tasks/task_filter.h"

namespace miroir::node {

class TaskQueue {
public:
    std::uint64_t next_uid() const { return next_uid_; }
    std::uint64_t next_batch_uid() const { return next_batch_; }
    // The task's uid is set already and not below next_uid().
    Work& add(Work work);
    Work* find(std::uint64_t uid);
    const Work* find(std::uint64_t uid) const;
    const std::map<std::uint64_t, Work>& all() const { return works_; }
    const std::set<std::uint64_t>& enqueued() const { return enqueued_; }
    std::size_t size() const { return works_.size(); }

    // Replaces what clients see of a task; a finished one gives its payload back.
    void settle(protocol::Task task);
    void remove(std::span<const std::uint64_t> uids);  // batches that hold no more tasks go too
    void rename_index(std::string_view from, std::string_view to, std::uint64_t before_uid);
    void swap_indexes(std::string_view a, std::string_view b, std::uint64_t before_uid);

    // The batch that runs now; its tasks are shown as processing.
    void start(protocol::Batch batch, std::vector<std::uint64_t> uids);
    void stop();  // without a result: its tasks are enqueued again
    void finish(protocol::Batch batch);
    const std::optional<protocol::Batch>& running() const { return running_; }
    protocol::Batch* running_batch() { return running_ ? &*running_ : nullptr; }
    const std::vector<std::uint64_t>& running_uids() const { return running_uids_; }
    bool is_indexing(std::string_view index_uid) const;

    const std::map<std::uint64_t, protocol::Batch>& batches() const { return batches_; }
    std::vector<const Work*> tasks_of(std::uint64_t batch_uid) const;
    const protocol::Batch* find_batch(std::uint64_t uid) const;
    void restore_batch(protocol::Batch batch);
    void reserve(std::uint64_t next_uid, std::uint64_t next_batch);

    // Uids that match, ascending.
    std::vector<std::uint64_t> matching(const protocol::TaskFilter& filter) const;

private:
    std::map<std::uint64_t, Work> works_;
    std::set<std::uint64_t> enqueued_;
    std::map<std::uint64_t, protocol::Batch> batches_;
    std::map<std::uint64_t, std::set<std::uint64_t>> by_batch_;
    std::optional<protocol::Batch> running_;
    std::vector<std::uint64_t> running_uids_;
    std::uint64_t next_uid_ = 0;
    std::uint64_t next_batch_ = 0;
};

}  // namespace miroir::node
