#include "dump/task_lines.h"

#include <algorithm>
#include <array>

#include "json/parse.h"
#include "protocol/tasks/batch.h"

namespace miroir::dump {
namespace {

using protocol::Task;
using protocol::TaskStatus;
using protocol::TaskType;

// A member of the details: as clients see it and as the dump calls it.
struct Name {
    std::string_view shown;
    std::string_view kept;
};
struct Form {
    std::string_view variant;
    std::vector<Name> names;
};

const Form kAddition{"DocumentAdditionOrUpdate",
                     {{"receivedDocuments", "received_documents"}, {"indexedDocuments", "indexed_documents"}}};
const Form kEdition{"DocumentEdition",
                    {{"deletedDocuments", "deleted_documents"},
                     {"editedDocuments", "edited_documents"},
                     {"originalFilter", "original_filter"},
                     {"context", "context"},
                     {"function", "function"}}};
const Form kDeletion{"DocumentDeletion", {{"providedIds", "provided_ids"}, {"deletedDocuments", "deleted_documents"}}};
const Form kDeletionByFilter{"DocumentDeletionByFilter",
                             {{"originalFilter", "original_filter"}, {"deletedDocuments", "deleted_documents"}}};
const Form kClear{"ClearAll", {{"deletedDocuments", "deleted_documents"}}};
const Form kIndexInfo{
    "IndexInfo", {{"primaryKey", "primary_key"}, {"newIndexUid", "new_index_uid"}, {"oldIndexUid", "old_index_uid"}}};
const Form kSwap{"IndexSwap", {{"swaps", "swaps"}}};
const Form kCancelation{
    "TaskCancelation",
    {{"matchedTasks", "matched_tasks"}, {"canceledTasks", "canceled_tasks"}, {"originalFilter", "original_filter"}}};
const Form kTaskDeletion{
    "TaskDeletion",
    {{"matchedTasks", "matched_tasks"}, {"deletedTasks", "deleted_tasks"}, {"originalFilter", "original_filter"}}};
const Form kDump{"Dump", {{"dumpUid", "dump_uid"}}};
const Form kCompaction{"IndexCompaction",
                       {{"indexUid", "index_uid"},
                        {"preCompactionSize", "pre_compaction_size"},
                        {"postCompactionSize", "post_compaction_size"}}};
const std::array kForms = {&kAddition,    &kEdition,      &kDeletion, &kDeletionByFilter, &kClear, &kIndexInfo, &kSwap,
                           &kCancelation, &kTaskDeletion, &kDump,     &kCompaction};

json::Value member(const json::Value& details, std::string_view name) {
    const json::Value* found = details.find(name);
    return found == nullptr ? json::Value() : *found;
}

json::Value number(const json::Value& details, std::string_view name) {
    json::Value found = member(details, name);
    return found.is_unsigned() ? found : json::Value(std::uint64_t{0});
}

json::Value in_form(const Form& form, const json::Value& details) {
    json::Object inner;
    for (const Name& name : form.names) inner.append(std::string(name.kept), member(details, name.shown));
    return json::Object{{std::string(form.variant), std::move(inner)}};
}

json::Value parsed_or_null(const json::Value& text) {
    auto parsed = json::parse(text.is_string() ? text.string() : "null");
    return parsed ? *std::move(parsed) : json::Value();
}

// No tasks at all, as the engine writes a set of them.
json::Value no_tasks() { return json::Array{58, 48, 0, 0, 0, 0, 0, 0}; }

json::Value kind(std::string_view name, json::Object inner) {
    return json::Object{{std::string(name), std::move(inner)}};
}

struct Kept {
    json::Value kind;
    json::Value details;  // null: none
};

Kept kept_addition(const Task& task) {
    json::Value details = in_form(kAddition, task.details);
    details["DocumentAdditionOrUpdate"]["received_documents"] = number(task.details, "receivedDocuments");
    return {.kind = kind("documentImport", {{"primary_key", nullptr},
                                            {"method", "ReplaceDocuments"},
                                            {"documents_count", number(task.details, "receivedDocuments")},
                                            {"allow_index_creation", true}}),
            .details = std::move(details)};
}

Kept kept_deletion(const Task& task) {
    const json::Value filter = member(task.details, "originalFilter");
    if (filter.is_string()) {
        return {.kind = kind("documentDeletionByFilter", {{"filter", parsed_or_null(filter)}}),
                .details = in_form(kDeletionByFilter, task.details)};
    }
    if (!member(task.details, "providedIds").is_unsigned())
        return {.kind = "documentClear", .details = in_form(kClear, task.details)};
    return {.kind = kind("documentDeletion", {{"documents_ids", json::Array()}}),
            .details = in_form(kDeletion, task.details)};
}

Kept kept_edition(const Task& task) {
    json::Value details = in_form(kEdition, task.details);
    json::Object& inner = details["DocumentEdition"].object();
    if (!member(task.details, "function").is_string()) inner["function"] = "";
    return {.kind = kind("documentEdition", {{"filter", parsed_or_null(member(task.details, "originalFilter"))},
                                             {"context", inner["context"]},
                                             {"function", inner["function"]}}),
            .details = std::move(details)};
}

Kept kept_index_change(const Task& task) {
    const json::Value key = member(task.details, "primaryKey");
    json::Value change =
        task.type == TaskType::IndexCreation
            ? kind("indexCreation", {{"primary_key", key}})
            : kind("indexUpdate", {{"primary_key", key}, {"uid", member(task.details, "newIndexUid")}});
    return {.kind = std::move(change), .details = in_form(kIndexInfo, task.details)};
}

Kept kept_purge(const Task& task) {
    const bool cancel = task.type == TaskType::TaskCancelation;
    json::Value query = member(task.details, "originalFilter");
    if (!query.is_string()) query = "";
    json::Value details = in_form(cancel ? kCancelation : kTaskDeletion, task.details);
    json::Object& inner = details[cancel ? "TaskCancelation" : "TaskDeletion"].object();
    inner["matched_tasks"] = number(task.details, "matchedTasks");
    inner["original_filter"] = query;
    return {.kind = kind(cancel ? "taskCancelation" : "tasksDeletion", {{"query", query}, {"tasks", no_tasks()}}),
            .details = std::move(details)};
}

Kept kept_settings(const Task& task) {
    json::Value settings = task.details.is_object() ? task.details : json::Value(json::Object());
    return {.kind = kind("settings", {{"settings", settings}, {"is_deletion", false}, {"allow_index_creation", true}}),
            .details = json::Object{{"SettingsUpdate", json::Object{{"settings", settings}}}}};
}

std::optional<Kept> kept(const Task& task) {
    switch (task.type) {
        case TaskType::DocumentAdditionOrUpdate: return kept_addition(task);
        case TaskType::DocumentEdition: return kept_edition(task);
        case TaskType::DocumentDeletion: return kept_deletion(task);
        case TaskType::SettingsUpdate: return kept_settings(task);
        case TaskType::IndexCreation:
        case TaskType::IndexUpdate: return kept_index_change(task);
        case TaskType::IndexDeletion: return Kept{.kind = "indexDeletion", .details = in_form(kClear, task.details)};
        case TaskType::IndexSwap:
            return Kept{.kind = kind("indexSwap", {{"swaps", member(task.details, "swaps")}}),
                        .details = in_form(kSwap, task.details)};
        case TaskType::TaskCancelation:
        case TaskType::TaskDeletion: return kept_purge(task);
        case TaskType::DumpCreation:
            return Kept{.kind = kind("dumpCreation", {{"keys", json::Array()}, {"instance_uid", nullptr}}),
                        .details = in_form(kDump, task.details)};
        case TaskType::SnapshotCreation: return Kept{.kind = "snapshotCreation", .details = {}};
        case TaskType::IndexCompaction: {
            json::Value details = in_form(kCompaction, task.details);
            details["IndexCompaction"]["index_uid"] = task.index_uid.value_or("");
            return Kept{.kind = kind("indexCompaction", {{"index_uid", task.index_uid.value_or("")}}),
                        .details = std::move(details)};
        }
        default: return std::nullopt;
    }
}

std::string_view variant_of(const json::Value& value) {
    if (value.is_string()) return value.string();
    return value.is_object() && value.object().size() == 1 ? value.object().begin()->first : std::string_view();
}

std::optional<TaskType> type_of(std::string_view kind) {
    if (kind == "documentImport") return TaskType::DocumentAdditionOrUpdate;
    if (kind == "documentClear" || kind == "documentDeletionByFilter") return TaskType::DocumentDeletion;
    if (kind == "settings") return TaskType::SettingsUpdate;
    if (kind == "tasksDeletion") return TaskType::TaskDeletion;
    return protocol::task_type_of(kind);
}

// As clients see them.
json::Value shown_details(const json::Value& kept) {
    const std::string_view variant = variant_of(kept);
    if (variant == "SettingsUpdate") return member(kept.object().begin()->second, "settings");
    const auto form = std::ranges::find(kForms, variant, [](const Form* known) { return known->variant; });
    if (form == kForms.end()) return {};
    const json::Value& inner = kept.object().begin()->second;
    json::Object out;
    for (const Name& name : (*form)->names) {
        const bool index_name = name.shown == "newIndexUid" || name.shown == "oldIndexUid" || name.shown == "indexUid";
        json::Value value = member(inner, name.kept);
        if (!index_name || (!value.is_null() && name.shown != "indexUid"))
            out.append(std::string(name.shown), std::move(value));
    }
    if (*form == &kDeletion) out.append("originalFilter", nullptr);
    if (*form == &kDeletionByFilter) {
        out = json::Object{{"providedIds", std::uint64_t{0}},
                           {"deletedDocuments", member(inner, "deleted_documents")},
                           {"originalFilter", member(inner, "original_filter")}};
    }
    return out;
}

Result<protocol::Instant> instant_of(const json::Value& line, std::string_view name) {
    const json::Value text = member(line, name);
    const auto instant = text.is_string() ? protocol::parse_rfc3339(text.string()) : std::nullopt;
    if (!instant) return fail(ErrorCode::MiroirInvalidRequest, "`" + std::string(name) + "` is no date");
    return *instant;
}

Result<std::optional<protocol::Instant>> instant_or_none(const json::Value& line, std::string_view name) {
    if (member(line, name).is_null()) return std::nullopt;
    MIROIR_TRY(const protocol::Instant instant, instant_of(line, name));
    return instant;
}

std::optional<std::string> text_or_none(const json::Value& line, std::string_view name) {
    json::Value found = member(line, name);
    return found.is_string() ? std::optional(found.string()) : std::nullopt;
}

std::optional<std::uint64_t> number_or_none(const json::Value& line, std::string_view name) {
    const json::Value found = member(line, name);
    return found.is_unsigned() ? std::optional(found.unsigned_integer()) : std::nullopt;
}

}  // namespace

std::optional<json::Value> task_line(const Task& task) {
    std::optional<Kept> form = kept(task);
    if (!form) return std::nullopt;
    json::Object line{{"uid", task.uid}};
    line.append("batchUid", task.batch_uid ? json::Value(*task.batch_uid) : json::Value());
    line.append("indexUid", task.index_uid ? json::Value(*task.index_uid) : json::Value());
    line.append("status", protocol::task_status_name(task.status));
    line.append("type", std::move(form->kind));
    if (task.canceled_by) line.append("canceledBy", *task.canceled_by);
    if (!form->details.is_null()) line.append("details", std::move(form->details));
    if (task.error) line.append("error", protocol::error_view(*task.error));
    line.append("enqueuedAt", protocol::rfc3339(task.enqueued_at));
    if (task.started_at) line.append("startedAt", protocol::rfc3339(*task.started_at));
    if (task.finished_at) line.append("finishedAt", protocol::rfc3339(*task.finished_at));
    if (task.custom_metadata) line.append("customMetadata", *task.custom_metadata);
    return line;
}

Result<Task> task_of_line(const json::Value& line) {
    Task task;
    const std::optional<std::uint64_t> uid = number_or_none(line, "uid");
    const std::optional<TaskType> type = type_of(variant_of(member(line, "type")));
    const std::optional<TaskStatus> status = protocol::task_status_of(text_or_none(line, "status").value_or(""));
    if (!uid || !type || !status)
        return fail(ErrorCode::MiroirInvalidRequest, "a task without uid, status or a type that is known");
    task.uid = *uid;
    task.type = *type;
    task.status = *status;
    task.batch_uid = number_or_none(line, "batchUid");
    task.index_uid = text_or_none(line, "indexUid");
    task.canceled_by = number_or_none(line, "canceledBy");
    task.details = shown_details(member(line, "details"));
    if (const json::Value error = member(line, "error"); error.is_object()) {
        task.error = Error{.code = error_code_of(text_or_none(error, "code").value_or("")),
                           .message = text_or_none(error, "message").value_or("")};
    }
    MIROIR_TRY(task.enqueued_at, instant_of(line, "enqueuedAt"));
    MIROIR_TRY(task.started_at, instant_or_none(line, "startedAt"));
    MIROIR_TRY(task.finished_at, instant_or_none(line, "finishedAt"));
    task.network = member(line, "network");
    task.custom_metadata = text_or_none(line, "customMetadata");
    return task;
}

json::Value batch_line(const Task& task) {
    const Task* const tasks[] = {&task};
    const std::string enqueued = protocol::rfc3339(task.enqueued_at);
    json::Object line{{"uid", task.batch_uid.value_or(0)},
                      {"details", protocol::batch_details(tasks)},
                      {"stats", protocol::batch_stats(tasks)}};
    line.append("startedAt", protocol::rfc3339(task.started_at.value_or(task.enqueued_at)));
    if (task.finished_at) line.append("finishedAt", protocol::rfc3339(*task.finished_at));
    line.append("enqueuedAt", json::Object{{"earliest", enqueued}, {"oldest", enqueued}});
    line.append("stopReason", "batched all enqueued tasks");
    return line;
}

json::Value key_line(const protocol::ApiKey& key) {
    json::Object line;
    if (key.description) line.append("description", *key.description);
    if (key.name) line.append("name", *key.name);
    line.append("uid", key.uid);
    line.append("actions", json::Array(key.actions.begin(), key.actions.end()));
    line.append("indexes", json::Array(key.indexes.begin(), key.indexes.end()));
    line.append("expires_at", key.expires_at ? json::Value(protocol::rfc3339(*key.expires_at)) : json::Value());
    line.append("created_at", protocol::rfc3339(key.created_at));
    line.append("updated_at", protocol::rfc3339(key.updated_at));
    return line;
}

Result<protocol::ApiKey> key_of_line(const json::Value& line) {
    protocol::ApiKey key{.name = text_or_none(line, "name"), .description = text_or_none(line, "description")};
    key.uid = text_or_none(line, "uid").value_or("");
    for (auto [name, list] : {std::pair("actions", &key.actions), std::pair("indexes", &key.indexes)}) {
        const json::Value texts = member(line, name);
        if (!texts.is_array()) return fail(ErrorCode::MiroirInvalidRequest, "a key without " + std::string(name));
        for (const json::Value& text : texts.array()) list->push_back(text.is_string() ? text.string() : "");
    }
    if (key.uid.empty()) return fail(ErrorCode::MiroirInvalidRequest, "a key without uid");
    MIROIR_TRY(key.expires_at, instant_or_none(line, "expires_at"));
    MIROIR_TRY(key.created_at, instant_of(line, "created_at"));
    MIROIR_TRY(key.updated_at, instant_of(line, "updated_at"));
    return key;
}

}  // namespace miroir::dump
