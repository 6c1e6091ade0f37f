// Tasks and batches: lists, single ones, cancelling and deleting.
#include <algorithm>

#include "json/write.h"
#include "node/api/routes.h"
#include "protocol/documents/payload.h"
#include "protocol/tasks/task_filter.h"

namespace miroir::node {
namespace {

using protocol::TaskFilter;
using protocol::TaskQuery;
using protocol::TaskStatus;
using protocol::TaskType;

bool is_visible(const Visit& visit, const Work& work) {
    if (visit.grant.allows_all()) return true;
    const std::vector<std::string> indexes = indexes_of(work);
    return !indexes.empty() &&
           std::ranges::all_of(indexes, [&](const std::string& uid) { return visit.grant.allows(uid); });
}

// The page of uids that a list shows: newest first, or oldest first when reversed; one more than the limit.
std::vector<std::uint64_t> page_of(const std::vector<std::uint64_t>& uids, const TaskQuery& query) {
    std::vector<std::uint64_t> page;
    const std::uint64_t wanted = query.limit == UINT64_MAX ? query.limit : query.limit + 1;
    const auto take = [&](std::uint64_t uid) {
        if (query.from && (query.reverse ? uid < *query.from : uid > *query.from)) return;
        if (page.size() < wanted) page.push_back(uid);
    };
    if (query.reverse) {
        std::ranges::for_each(uids, take);
    } else {
        std::for_each(uids.rbegin(), uids.rend(), take);
    }
    return page;
}

json::Value list_view(json::Array views, std::vector<std::uint64_t> uids, std::uint64_t total, const TaskQuery& query) {
    json::Value next;
    if (uids.size() == query.limit + 1) {
        next = uids.back();
        uids.pop_back();
        views.pop_back();
    }
    json::Object out;
    out.append("results", std::move(views));
    out.append("total", total);
    out.append("limit", query.limit);
    out.append("from", uids.empty() ? json::Value() : json::Value(uids.front()));
    out.append("next", std::move(next));
    return out;
}

Result<http::Reply> list(Visit& visit) {
    MIROIR_TRY(const TaskQuery query, protocol::parse_task_query(visit.in.raw_query));
    const TaskQueue& queue = visit.world().queue;
    const std::vector<std::uint64_t> all = queue.matching(query.filter);
    std::vector<std::uint64_t> shown;
    json::Array views;
    for (const std::uint64_t uid : page_of(all, query)) {
        const Work& work = *queue.find(uid);
        if (!is_visible(visit, work)) continue;
        shown.push_back(uid);
        views.push_back(protocol::task_view(work.task));
    }
    return ok(list_view(std::move(views), std::move(shown), all.size(), query));
}

Result<const Work*> find_task(Visit& visit) {
    const std::string& text = visit.in.params.get("task_uid");
    MIROIR_TRY(const std::uint64_t uid, protocol::parse_task_uid(text, "Task", ErrorCode::InvalidTaskUids));
    const Work* const work = visit.world().queue.find(uid);
    if (work == nullptr || !is_visible(visit, *work)) {
        return fail(ErrorCode::TaskNotFound, "Task `" + std::to_string(uid) + "` not found.");
    }
    return work;
}

Result<http::Reply> get(Visit& visit) {
    MIROIR_TRY(const Work* work, find_task(visit));
    return ok(protocol::task_view(work->task));
}

Result<http::Reply> get_documents(Visit& visit) {
    MIROIR_CHECK(visit.desk.require_feature("getTaskDocumentsRoute", "Getting the documents of an enqueued task"));
    MIROIR_TRY(const Work* work, find_task(visit));
    if (work->payload.empty()) {
        return fail(ErrorCode::TaskFileNotFound,
                    "Task `" + std::to_string(work->task.uid) +
                        "` does not contain any documents. Only `documentAdditionOrUpdate` tasks with the statuses "
                        "`enqueued` or `processing` contain documents");
    }
    const protocol::PayloadOptions options{.format = protocol::payload_format_of(text_param(*work, "format")),
                                           .csv_delimiter = text_param(*work, "delimiter").front()};
    MIROIR_TRY(const protocol::Payload payload, protocol::read_payload(work->payload, options));
    http::Reply reply{.status = 200};
    reply.headers.add("content-type", "application/x-ndjson");
    for (const json::Object& document : protocol::trees_of(payload)) reply.body += json::to_text(document) + "\n";
    return reply;
}

Result<http::Reply> purge(Visit& visit, protocol::TaskPurge purge) {
    MIROIR_TRY(const TaskFilter filter, protocol::parse_task_purge(visit.in.raw_query, purge));
    const TaskQueue& queue = visit.world().queue;
    json::Array matched;
    for (const std::uint64_t uid : queue.matching(filter)) {
        if (is_visible(visit, *queue.find(uid))) matched.emplace_back(uid);
    }
    const bool cancel = purge == protocol::TaskPurge::Cancel;
    const json::Object details{{"matchedTasks", static_cast<std::uint64_t>(matched.size())},
                               {cancel ? "canceledTasks" : "deletedTasks", nullptr},
                               {"originalFilter", protocol::original_filter(visit.in.raw_query)}};
    return enqueue(visit,
                   {.type = cancel ? TaskType::TaskCancelation : TaskType::TaskDeletion,
                    .details = details,
                    .params = json::Object{{"uids", std::move(matched)}}},
                   200);
}

Result<http::Reply> cancel(Visit& visit) { return purge(visit, protocol::TaskPurge::Cancel); }
Result<http::Reply> remove(Visit& visit) { return purge(visit, protocol::TaskPurge::Delete); }

Result<http::Reply> compact(Visit& visit) {
    MIROIR_CHECK(visit.desk.require_feature("taskQueueCompactionRoute", "Using the /tasks/compact route"));
    const std::string size = std::to_string(visit.desk.disk().used_bytes()) + " B";
    return ok(json::Object{{"preCompactionSize", size}, {"postCompactionSize", size}});
}

// A batch matches when one of its tasks does.
std::vector<std::uint64_t> matching_batches(const TaskQueue& queue, const TaskFilter& filter) {
    std::vector<std::uint64_t> out;
    const auto look = [&](std::uint64_t uid) {
        for (const Work* work : queue.tasks_of(uid)) {
            if (work == nullptr || !filter.matches(work->task, indexes_of(*work))) continue;
            out.push_back(uid);
            return;
        }
    };
    for (const auto& [uid, batch] : queue.batches()) look(uid);
    if (queue.running()) look(queue.running()->uid);
    return out;
}

json::Value batch_view(const TaskQueue& queue, std::uint64_t uid) {
    protocol::Batch batch = *queue.find_batch(uid);
    if (!batch.finished_at) {
        std::vector<const protocol::Task*> tasks;
        for (const Work* work : queue.tasks_of(uid)) tasks.push_back(&work->task);
        batch.stats = protocol::batch_stats(tasks);
        batch.details = protocol::batch_details(tasks);
    }
    return protocol::batch_view(batch);
}

bool is_batch_visible(const Visit& visit, const TaskQueue& queue, std::uint64_t uid) {
    return std::ranges::any_of(queue.tasks_of(uid),
                               [&](const Work* work) { return work != nullptr && is_visible(visit, *work); });
}

Result<http::Reply> list_batches(Visit& visit) {
    MIROIR_TRY(const TaskQuery query, protocol::parse_task_query(visit.in.raw_query));
    const TaskQueue& queue = visit.world().queue;
    const std::vector<std::uint64_t> all = matching_batches(queue, query.filter);
    std::vector<std::uint64_t> shown;
    json::Array views;
    for (const std::uint64_t uid : page_of(all, query)) {
        if (!is_batch_visible(visit, queue, uid)) continue;
        shown.push_back(uid);
        views.push_back(batch_view(queue, uid));
    }
    return ok(list_view(std::move(views), std::move(shown), all.size(), query));
}

Result<http::Reply> get_batch(Visit& visit) {
    const std::string& text = visit.in.params.get("batch_uid");
    MIROIR_TRY(const std::uint64_t uid, protocol::parse_task_uid(text, "Batch", ErrorCode::InvalidBatchUids));
    const TaskQueue& queue = visit.world().queue;
    if (queue.find_batch(uid) == nullptr || !is_batch_visible(visit, queue, uid)) {
        return fail(ErrorCode::BatchNotFound, "Batch `" + std::to_string(uid) + "` not found.");
    }
    return ok(batch_view(queue, uid));
}

constexpr Route kRoutes[] = {
    {"GET", "/tasks", "tasks.get", BodyKind::None, list},
    {"DELETE", "/tasks", "tasks.delete", BodyKind::None, remove},
    {"POST", "/tasks/cancel", "tasks.cancel", BodyKind::None, cancel},
    {"POST", "/tasks/compact", "tasks.compact", BodyKind::None, compact},
    {"GET", "/tasks/{task_uid}", "tasks.get", BodyKind::None, get},
    {"GET", "/tasks/{task_uid}/documents", "tasks.get", BodyKind::None, get_documents},
    {"GET", "/batches", "tasks.get", BodyKind::None, list_batches},
    {"GET", "/batches/{batch_uid}", "tasks.get", BodyKind::None, get_batch},
};

}  // namespace

std::span<const Route> task_routes() { return kRoutes; }

}  // namespace miroir::node
