// A task as clients see it, in every type and state, and the short form that an enqueuing route answers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/result.h"
#include "json/value.h"
#include "protocol/tasks/dates.h"

namespace miroir::protocol {

enum class TaskStatus : std::uint8_t { Enqueued, Processing, Succeeded, Failed, Canceled };

enum class TaskType : std::uint8_t {
    DocumentAdditionOrUpdate,
    DocumentEdition,
    DocumentDeletion,
    SettingsUpdate,
    IndexCreation,
    IndexDeletion,
    IndexUpdate,
    IndexSwap,
    TaskCancelation,
    TaskDeletion,
    DumpCreation,
    SnapshotCreation,
    Export,
    UpgradeDatabase,
    IndexCompaction,
    NetworkTopologyChange,
    DsrUpdate,
    DsrClear,
};

std::span<const std::string_view> task_status_names();  // in the order of the enumeration
std::span<const std::string_view> task_type_names();
std::string_view task_status_name(TaskStatus status);
std::string_view task_type_name(TaskType type);
std::optional<TaskStatus> task_status_of(std::string_view name);  // without regard to case
std::optional<TaskType> task_type_of(std::string_view name);

inline bool is_finished(TaskStatus status) { return status >= TaskStatus::Succeeded; }
// Tasks of these types belong to no index.
bool is_global(TaskType type);

struct Task {
    std::uint64_t uid = 0;
    std::optional<std::uint64_t> batch_uid{};
    std::optional<std::string> index_uid{};
    TaskStatus status = TaskStatus::Enqueued;
    TaskType type = TaskType::DocumentAdditionOrUpdate;
    std::optional<std::uint64_t> canceled_by{};
    json::Value details{};  // null: the type has none
    std::optional<Error> error{};
    Instant enqueued_at{};
    std::optional<Instant> started_at{};
    std::optional<Instant> finished_at{};
    json::Value network{};  // null: left out
    std::optional<std::string> custom_metadata{};
};

json::Value task_view(const Task& task);
json::Value task_summary(const Task& task);
// {"message","code","type","link"}
json::Value error_view(const Error& error);

// What a store keeps of a task, and back. Unlike the view it holds the error's code as a name only.
json::Value task_record(const Task& task);
Result<Task> task_of_record(const json::Value& record);

}  // namespace miroir::protocol
