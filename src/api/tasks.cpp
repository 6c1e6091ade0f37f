// Tasks: the client's, answered from the book in memory.
#include "api/routes.h"
#include "protocol/tasks/task_filter.h"

namespace miroir::api {
namespace {

using Reply = env::Task<Result<http::Reply>>;

Reply answer(env::Task<Result<json::Value>> looking) {
    const Result<json::Value> found = co_await looking;
    if (!found) co_return fail(found.error());
    co_return ok(*found);
}

Reply list(Visit visit) {
    MIROIR_CO_TRY(protocol::TaskQuery query, protocol::parse_task_query(visit.in.raw_query));
    co_return co_await answer(visit.desk.ask(visit.desk.office().list_tasks(std::move(query), visit.grant)));
}

Reply get(Visit visit) {
    MIROIR_CO_TRY(const std::uint64_t uid,
                  protocol::parse_task_uid(visit.in.params.get("task_uid"), "Task", ErrorCode::InvalidTaskUids));
    co_return co_await answer(visit.desk.ask(visit.desk.office().find_task(uid, visit.grant)));
}

Reply list_batches(Visit visit) {
    MIROIR_CO_TRY(protocol::TaskQuery query, protocol::parse_task_query(visit.in.raw_query));
    co_return co_await answer(visit.desk.ask(visit.desk.office().list_batches(std::move(query), visit.grant)));
}

Reply get_batch(Visit visit) {
    MIROIR_CO_TRY(const std::uint64_t uid,
                  protocol::parse_task_uid(visit.in.params.get("batch_uid"), "Batch", ErrorCode::InvalidBatchUids));
    co_return co_await answer(visit.desk.ask(visit.desk.office().find_batch(uid, visit.grant)));
}

// Both are tasks, answered with 200 and not 202 as all others.
Reply purge(Visit visit, protocol::TaskPurge what) {
    MIROIR_CO_TRY(protocol::TaskFilter filter, protocol::parse_task_purge(visit.in.raw_query, what));
    std::string original = protocol::original_filter(visit.in.raw_query);
    const Result<quorum::Receipt> receipt = co_await visit.desk.ask(
        visit.desk.office().purge_tasks(std::move(filter), what, std::move(original), visit.grant));
    if (!receipt) co_return fail(receipt.error());
    co_return receipt_reply(*receipt, 200);
}

Reply cancel(Visit visit) { return purge(std::move(visit), protocol::TaskPurge::Cancel); }
Reply remove(Visit visit) { return purge(std::move(visit), protocol::TaskPurge::Delete); }

// The store gives back what is free by itself; there is nothing to wait for.
Reply compact(Visit visit) {
    MIROIR_CO_CHECK(visit.desk.require(protocol::Feature::TaskQueueCompactionRoute, "Using the /tasks/compact route"));
    co_return ok(json::Object{{"preCompactionSize", "0 B"}, {"postCompactionSize", "0 B"}});
}

constexpr Route kRoutes[] = {
    {"GET", "/tasks", "tasks.get", BodyKind::None, list},
    {"DELETE", "/tasks", "tasks.delete", BodyKind::None, remove},
    {"POST", "/tasks/cancel", "tasks.cancel", BodyKind::None, cancel},
    {"POST", "/tasks/compact", "tasks.compact", BodyKind::None, compact},
    {"GET", "/tasks/{task_uid}", "tasks.get", BodyKind::None, get},
    {"GET", "/batches", "tasks.get", BodyKind::None, list_batches},
    {"GET", "/batches/{batch_uid}", "tasks.get", BodyKind::None, get_batch},
};

}  // namespace

std::span<const Route> task_routes() { return kRoutes; }

}  // namespace miroir::api
