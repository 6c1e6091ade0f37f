// Tasks: the client's, answered from the book in memory.
#include "api/routes.h"
#include "protocol/tasks/task_filter.h"

namespace miroir::api {
namespace {

using Reply = env::Task<Result<http::Reply>>;

Reply list(Visit visit) {
    MIROIR_CO_TRY(protocol::TaskQuery query, protocol::parse_task_query(visit.in.raw_query));
    const Result<json::Value> page = co_await visit.desk.ask(visit.desk.office().list_tasks(std::move(query)));
    if (!page) co_return fail(page.error());
    co_return ok(*page);
}

Reply get(Visit visit) {
    MIROIR_CO_TRY(const std::uint64_t uid, protocol::parse_task_uid(visit.in.params.get("task_uid"), "Task", ErrorCode::InvalidTaskUids));
    const Result<json::Value> task = co_await visit.desk.ask(visit.desk.office().find_task(uid));
    if (!task) co_return fail(task.error());
    co_return ok(*task);
}

constexpr Route kRoutes[] = {
    {"GET", "/tasks", "tasks.get", BodyKind::None, list},
    {"GET", "/tasks/{task_uid}", "tasks.get", BodyKind::None, get},
};

}  // namespace

std::span<const Route> task_routes() { return kRoutes; }

}  // namespace miroir::api
