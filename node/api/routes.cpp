#include "node/api/routes.h"

#include <algorithm>
#include <charconv>

#include "server/body.h"

namespace miroir::node {
namespace {

Result<protocol::Grant> admit(Desk& desk, const Route& route, const server::Incoming& in) {
    if (route.action.empty()) return protocol::Grant();
    protocol::Ask ask{.authorization = in.headers.get("authorization"),
                      .has_authorization = in.headers.has("authorization"),
                      .action = route.action,
                      .now = desk.now()};
    if (route.pattern.find("{index_uid}") != std::string_view::npos) ask.index_uid = in.params.get("index_uid");
    return protocol::authorise(desk.ring(), ask);
}

bool writes(const Route& route, const server::Incoming& in) {
    return in.method != "GET" && route.action != "search" && route.action != "documents.get";
}

env::Task<Result<void>> read_body_of(const Route& route, Visit& visit) {
    const std::size_t limit = visit.desk.options().payload_limit;
    if (route.body == BodyKind::Json) {
        env::Task<Result<json::Value>> reading = server::read_json_body(visit.in, limit);
        Result<json::Value> body = co_await reading;
        if (!body) co_return fail(body.error());
        visit.body = std::move(*body);
    } else if (route.body == BodyKind::Raw) {
        env::Task<Result<std::string>> reading = server::read_body(visit.in, limit);
        Result<std::string> body = co_await reading;
        if (!body) co_return fail(body.error());
        visit.raw_body = std::move(*body);
    }
    co_return Result<void>();
}

// TaskId: the uid that the caller wants the task to have. One that is no number is refused before the body is looked
// at.
Result<std::optional<std::uint64_t>> wanted_uid(const Desk& desk, const server::Incoming& in) {
    if (!desk.options().replication_parameters || !in.headers.has("taskid")) return std::nullopt;
    const std::string_view text = in.headers.get("taskid");
    std::uint64_t uid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), uid);
    if (error != std::errc() || end != text.data() + text.size() || uid > UINT32_MAX)
        return fail(ErrorCode::BadRequest, "Invalid task id: `" + std::string(text) + "`.");
    return uid;
}

env::Task<http::Reply> serve(Desk& desk, const Route& route, server::Incoming in) {
    auto grant = admit(desk, route, in);
    if (!grant) co_return server::error_reply(grant.error());
    if (const auto uid = wanted_uid(desk, in); !uid && writes(route, in)) co_return server::error_reply(uid.error());
    Visit visit{.desk = desk, .in = in, .grant = std::move(*grant), .begun = desk.env().clock.now()};
    env::Task<Result<void>> reading = read_body_of(route, visit);
    const Result<void> read = co_await reading;
    if (!read) co_return server::error_reply(read.error());
    if (desk.faults().read_only() && writes(route, in)) {
        const Error refusal{.code = ErrorCode::NoSpaceLeftOnDevice, .message = "The disk is read-only."};
        co_return server::error_reply(refusal);
    }
    Result<http::Reply> reply = route.answer(visit);
    // Nor may anybody learn of a task that is not safe yet, be it by the refusal of its uid.
    if (visit.changed || !reply || std::string_view(route.pattern).starts_with("/tasks")) {
        env::Task<Result<void>> committing = desk.ledger().commit();
        const Result<void> safe = co_await committing;
        if (!safe) co_return server::error_reply(safe.error());
    }
    if (!reply) co_return server::error_reply(reply.error());
    co_return std::move(*reply);
}

Result<std::uint64_t> choose_uid(Visit& visit) {
    const std::uint64_t next = visit.world().queue.next_uid();
    MIROIR_TRY(const std::optional<std::uint64_t> uid, wanted_uid(visit.desk, visit.in));
    if (uid && *uid < next) {
        return fail(ErrorCode::BadRequest,
                    "Received bad task id: " + std::to_string(*uid) + " should be >= to " + std::to_string(next) + ".");
    }
    return uid.value_or(next);
}

Result<bool> is_dry_run(Visit& visit) {
    const http::Headers& headers = visit.in.headers;
    if (!visit.desk.options().replication_parameters || !headers.has("dryrun")) return false;
    const std::string_view text = headers.get("dryrun");
    if (text == "true" || text == "false") return text == "true";
    return fail(ErrorCode::BadRequest, "`" + std::string(text) + "` is not a valid value for the DryRun header.");
}

}  // namespace

void add_routes(server::Router& router, Desk& desk, std::span<const Route> routes) {
    for (const Route& route : routes) {
        router.add(route.method, route.pattern,
                   [&desk, &route](server::Incoming in) { return serve(desk, route, std::move(in)); });
    }
}

Result<http::Reply> enqueue(Visit& visit, Order order, int status) {
    MIROIR_TRY(const std::uint64_t uid, choose_uid(visit));
    MIROIR_TRY(const bool dry, is_dry_run(visit));
    Work work;
    work.task.uid = uid;
    work.task.index_uid = std::move(order.index_uid);
    work.task.type = order.type;
    work.task.details = std::move(order.details);
    work.task.enqueued_at = visit.desk.now();
    work.task.custom_metadata = std::move(order.custom_metadata);
    work.params = std::move(order.params);
    work.payload = std::move(order.payload);
    http::Reply reply = server::json_reply(status, protocol::task_summary(work.task));
    if (dry) return reply;
    visit.desk.ledger().enqueue(std::move(work));
    visit.desk.scheduler().wake();
    visit.changed = true;
    return reply;
}

}  // namespace miroir::node
