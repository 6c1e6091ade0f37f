#include "protocol/tasks/task.h"

#include <algorithm>
#include <array>

namespace miroir::protocol {
namespace {

constexpr std::array<std::string_view, 5> kStatuses = {"enqueued", "processing", "succeeded", "failed", "canceled"};
constexpr std::array<std::string_view, 18> kTypes = {"documentAdditionOrUpdate",
                                                     "documentEdition",
                                                     "documentDeletion",
                                                     "settingsUpdate",
                                                     "indexCreation",
                                                     "indexDeletion",
                                                     "indexUpdate",
                                                     "indexSwap",
                                                     "taskCancelation",
                                                     "taskDeletion",
                                                     "dumpCreation",
                                                     "snapshotCreation",
                                                     "export",
                                                     "upgradeDatabase",
                                                     "indexCompaction",
                                                     "networkTopologyChange",
                                                     "dsrUpdate",
                                                     "dsrClear"};

bool same_letters(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

template <class Enum, std::size_t N>
std::optional<Enum> find_name(const std::array<std::string_view, N>& names, std::string_view name) {
    const auto at = std::ranges::find_if(names, [&](std::string_view known) { return same_letters(known, name); });
    if (at == names.end()) return std::nullopt;
    return static_cast<Enum>(at - names.begin());
}

json::Value or_null(const std::optional<std::uint64_t>& number) {
    return number ? json::Value(*number) : json::Value();
}
json::Value or_null(const std::optional<std::string>& text) { return text ? json::Value(*text) : json::Value(); }
json::Value or_null(const std::optional<Instant>& at) { return at ? json::Value(rfc3339(*at)) : json::Value(); }

std::optional<std::string> text_in(const json::Value& record, std::string_view name) {
    const json::Value* found = record.find(name);
    return found != nullptr && found->is_string() ? std::optional(found->string()) : std::nullopt;
}
std::optional<std::uint64_t> number_in(const json::Value& record, std::string_view name) {
    const json::Value* found = record.find(name);
    return found != nullptr && found->is_unsigned() ? std::optional(found->unsigned_integer()) : std::nullopt;
}
std::optional<Instant> instant_in(const json::Value& record, std::string_view name) {
    const auto text = text_in(record, name);
    return text ? parse_rfc3339(*text) : std::nullopt;
}

}  // namespace

std::span<const std::string_view> task_status_names() { return kStatuses; }
std::span<const std::string_view> task_type_names() { return kTypes; }
std::string_view task_status_name(TaskStatus status) { return kStatuses[static_cast<std::size_t>(status)]; }
std::string_view task_type_name(TaskType type) { return kTypes[static_cast<std::size_t>(type)]; }
std::optional<TaskStatus> task_status_of(std::string_view name) { return find_name<TaskStatus>(kStatuses, name); }
std::optional<TaskType> task_type_of(std::string_view name) { return find_name<TaskType>(kTypes, name); }

bool is_global(TaskType type) {
    switch (type) {
        case TaskType::IndexSwap:
        case TaskType::TaskCancelation:
        case TaskType::TaskDeletion:
        case TaskType::DumpCreation:
        case TaskType::SnapshotCreation:
        case TaskType::Export:
        case TaskType::UpgradeDatabase:
        case TaskType::NetworkTopologyChange:
        case TaskType::DsrUpdate:
        case TaskType::DsrClear: return true;
        default: return false;
    }
}

json::Value error_view(const Error& error) {
    const ErrorRow& row = error_row(error.code);
    return json::Object{{"message", error.message},
                        {"code", std::string(row.wire)},
                        {"type", std::string(error_type_name(row.type))},
                        {"link", error_link(error.code)}};
}

json::Value task_view(const Task& task) {
    json::Object out;
    out.append("uid", task.uid);
    out.append("batchUid", or_null(task.batch_uid));
    out.append("indexUid", or_null(task.index_uid));
    out.append("status", task_status_name(task.status));
    out.append("type", task_type_name(task.type));
    out.append("canceledBy", or_null(task.canceled_by));
    if (!task.details.is_null()) out.append("details", task.details);
    out.append("error", task.error ? error_view(*task.error) : json::Value());
    const bool timed = task.started_at && task.finished_at;
    out.append("duration", timed ? json::Value(iso_duration(*task.finished_at - *task.started_at)) : json::Value());
    out.append("enqueuedAt", rfc3339(task.enqueued_at));
    out.append("startedAt", or_null(task.started_at));
    out.append("finishedAt", or_null(task.finished_at));
    if (!task.network.is_null()) out.append("network", task.network);
    if (task.custom_metadata) out.append("customMetadata", *task.custom_metadata);
    return out;
}

json::Value task_summary(const Task& task) {
    json::Object out;
    out.append("taskUid", task.uid);
    out.append("indexUid", or_null(task.index_uid));
    out.append("status", task_status_name(task.status));
    out.append("type", task_type_name(task.type));
    out.append("enqueuedAt", rfc3339(task.enqueued_at));
    if (task.custom_metadata) out.append("customMetadata", *task.custom_metadata);
    return out;
}

json::Value task_record(const Task& task) {
    json::Value out = task_view(task);
    json::Object& record = out.object();
    record.erase("duration");
    if (task.error) {
        record.set("error", json::Object{{"code", std::string(error_row(task.error->code).wire)},
                                         {"message", task.error->message}});
    }
    return out;
}

Result<Task> task_of_record(const json::Value& record) {
    const auto status = task_status_of(text_in(record, "status").value_or(""));
    const auto type = task_type_of(text_in(record, "type").value_or(""));
    const auto uid = number_in(record, "uid");
    const auto enqueued = instant_in(record, "enqueuedAt");
    if (!status || !type || !uid || !enqueued)
        return fail(ErrorCode::InvalidStoreFile, "A stored task cannot be read.");
    Task task{.uid = *uid,
              .batch_uid = number_in(record, "batchUid"),
              .index_uid = text_in(record, "indexUid"),
              .status = *status,
              .type = *type,
              .canceled_by = number_in(record, "canceledBy"),
              .enqueued_at = *enqueued,
              .started_at = instant_in(record, "startedAt"),
              .finished_at = instant_in(record, "finishedAt"),
              .custom_metadata = text_in(record, "customMetadata")};
    if (const json::Value* details = record.find("details")) task.details = *details;
    if (const json::Value* network = record.find("network")) task.network = *network;
    if (const json::Value* error = record.find("error"); error != nullptr && error->is_object()) {
        task.error = Error{.code = error_code_of(text_in(*error, "code").value_or("")),
                           .message = text_in(*error, "message").value_or("")};
    }
    return task;
}

}  // namespace miroir::protocol
