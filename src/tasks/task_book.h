// Every task of the cluster: the client's view and the parts that nodes have in it. Kept whole in memory for reads
// (a poll costs a look-up), durable in the store. Lives on one executor.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/ids.h"
#include "json/value.h"
#include "protocol/tasks/batch.h"
#include "protocol/tasks/task.h"
#include "protocol/tasks/task_filter.h"
#include "tasks/store.h"

namespace miroir::tasks {

// One node's part of a task.
struct NodeTask {
    enum class State : std::uint8_t {
        Planned,   // the uid is chosen and written down; whether the node has it is not known yet
        Accepted,  // the node has enqueued it
        Missed,    // the node did not take it: a hint or a debt stands for it
        Succeeded,
        Failed,
        Canceled,
    };
    NodeId node;
    std::uint64_t uid = 0;  // the node's task
    State state = State::Planned;
    json::Value details{};
    std::optional<Error> error{};
};

struct TaskEntry {
    protocol::Task task;
    std::vector<NodeTask> parts;
    std::optional<Error> verdict;          // the task is to fail with this when its turn comes; no node is asked
    json::Value at_success{};              // members that its details get when it succeeds, or null
    std::vector<std::uint64_t> targets{};  // tasks that it deletes or cancels
    json::Value wish{};                    // what carrying it out needs and nobody is shown, until it has ended
    // Writes that went to the nodes as one: the first task has the parts of all, and ends the others with itself. Those
    // have the uids behind its own.
    std::uint64_t carries = 0;
    std::optional<std::uint64_t> carried_by{};
};

// May the caller see this task? Asked after the page was cut, as the engine does.
using Visible = std::function<bool(const protocol::Task&)>;

struct TaskPage {
    std::vector<const TaskEntry*> tasks;
    std::uint64_t total = 0;
    std::optional<std::uint64_t> from, next;
};
struct BatchPage {
    std::vector<protocol::Batch> batches;
    std::uint64_t total = 0;
    std::optional<std::uint64_t> from, next;
};

// Who is to learn of tasks that end: ending() may add records to the commit that ends the task, ended() runs once that
// is durable.
class EndWatch {
public:
    virtual void ending(const protocol::Task& task, Batch& batch) = 0;
    virtual void ended() = 0;

protected:
    ~EndWatch() = default;
};

class TaskBook {
public:
    // Reads what the store keeps.
    static env::Task<Result<std::unique_ptr<TaskBook>>> open(Store& store);

    // The puts that make these, all ended, the whole history of a store whose tasks were erased.
    static void write_history(const std::vector<protocol::Task>& tasks, Batch& batch);

    void watch_ends(EndWatch* watch) { watch_ = watch; }

    // The uid that the next task gets. Uids rise by one over all indexes and are never used twice.
    std::uint64_t next_uid() const { return next_uid_; }
    // Takes the uid from next_uid(), and those behind it for what it carries; durable, with `also`, when it returns. A
    // refused commit gives the uids back.
    env::Task<Result<std::uint64_t>> begin(TaskEntry entry, Batch also = {}, std::vector<TaskEntry> carried = {});
    // Replaces the entry; durable, with `also`, when it returns. What it carries ends with it.
    env::Task<Result<void>> save(TaskEntry entry, Batch also = {});
    env::Task<Result<std::uint64_t>> erase(std::vector<std::uint64_t> uids);
    // The task's turn has come: it is processing, in a batch of its own. Not durable: after a restart it starts anew.
    void start(std::uint64_t uid, protocol::Instant now);
    // An index has another name now: tasks older than `before` follow. For the commit of the task that renames.
    void rename_indexes(const std::map<std::string, std::string>& names, std::uint64_t before, Batch& batch);

    std::size_t size() const { return entries_.size(); }
    const TaskEntry* find(std::uint64_t uid) const;
    TaskPage list(const protocol::TaskQuery& query, const Visible& visible = {}) const;
    std::vector<std::uint64_t> matching(const protocol::TaskFilter& filter) const;  // ascending
    std::vector<const TaskEntry*> unfinished() const;                               // oldest first
    void for_each(const std::function<void(const protocol::Task&)>& look) const;    // oldest first
    std::vector<std::uint64_t> oldest_finished(std::size_t count) const;
    std::vector<std::uint64_t> finished_before(protocol::Instant moment,
                                               std::size_t count) const;  // the oldest of them

    std::optional<protocol::Batch> find_batch(std::uint64_t uid, const Visible& visible = {}) const;
    BatchPage list_batches(const protocol::TaskQuery& query, const Visible& visible = {}) const;

private:
    explicit TaskBook(Store& store) : store_(store) {}
    void keep_what_memory_knows(protocol::Task& task) const;
    std::vector<std::uint64_t> carried_by(std::uint64_t carrier) const;  // and not ended
    void place(TaskEntry entry);
    void drop(std::uint64_t uid);
    std::vector<const protocol::Task*> tasks_of(std::uint64_t batch) const;

    Store& store_;
    EndWatch* watch_ = nullptr;
    std::uint64_t next_uid_ = 0;
    std::uint64_t next_batch_ = 0;
    std::map<std::uint64_t, TaskEntry> entries_;
    std::map<std::uint64_t, std::set<std::uint64_t>> batches_;  // their tasks
    std::map<std::uint64_t, bool> unfinished_;
};

// All indexes that a task touches: for a swap more than one.
std::vector<std::string> indexes_of(const protocol::Task& task);

}  // namespace miroir::tasks
