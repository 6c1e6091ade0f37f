// The filters of the task and batch lists, of cancelling and deleting: how they are read and refused, and what they
// match. Filters are ANDed, the values inside one ORed; `*` is no filter at all.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "protocol/fields/fields.h"
#include "protocol/tasks/task.h"

namespace miroir::protocol {

// A list that may be `*`: nullopt then, as when it is absent.
template <class T>
struct Choice {
    std::optional<std::vector<T>> values;
    bool given = false;  // the parameter was there, be it `*`
};

struct TaskFilter {
    Choice<std::uint64_t> uids;
    Choice<std::uint64_t> batch_uids;
    Choice<std::uint64_t> canceled_by;
    Choice<TaskType> types;
    Choice<TaskStatus> statuses;
    Choice<std::string> index_uids;
    struct Span {
        std::optional<Instant> after;
        std::optional<Instant> before;
        bool given = false;
        bool holds(const std::optional<Instant>& at) const;
    };
    Span enqueued;
    Span started;
    Span finished;

    bool empty() const;  // no parameter was given
    // `indexes`: all indexes that the task touches, for a swap more than one.
    bool matches(const Task& task, std::span<const std::string> indexes) const;
};

struct TaskQuery {
    std::uint64_t limit = 20;
    std::optional<std::uint64_t> from;
    bool reverse = false;
    TaskFilter filter;
};

Result<TaskQuery> parse_task_query(std::string_view raw_query);  // GET /tasks, /batches
enum class TaskPurge { Cancel, Delete };
Result<TaskFilter> parse_task_purge(std::string_view raw_query, TaskPurge purge);  // MissingTaskFilters when empty
// "?" and the query as the client sent it: `details.originalFilter` of both.
std::string original_filter(std::string_view raw_query);

// The uid in a path: `what` is "Task" or "Batch".
Result<std::uint64_t> parse_task_uid(std::string_view text, std::string_view what, ErrorCode code);

}  // namespace miroir::protocol
