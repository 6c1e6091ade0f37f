#include "api/routes.h"

#include <algorithm>
#include <array>

#include "api/session.h"
#include "api/settings_floor.h"
#include "api/whole_answer.h"
#include "server/body.h"

namespace miroir::api {
namespace {

constexpr int kTriesMax = 20;

env::Task<Result<void>> read_body_of(BodyKind kind, Visit& visit) {
    const std::size_t limit = visit.desk.options().payload_limit;
    if (kind == BodyKind::Json) {
        Result<json::Value> body = co_await server::read_json_body(visit.in, limit);
        if (!body) co_return fail(body.error());
        visit.body = *std::move(body);
    } else if (kind == BodyKind::JsonText) {
        Result<std::string> body = co_await server::read_json_text(visit.in, limit);
        if (!body) co_return fail(body.error());
        visit.raw_body = *std::move(body);
    } else if (kind == BodyKind::Raw) {
        Result<std::string> body = co_await server::read_body(visit.in, limit);
        if (!body) co_return fail(body.error());
        visit.raw_body = *std::move(body);
    }
    co_return Result<void>{};
}

// Admission, content type, body: what comes before every answer, in the engine's order. An empty action: open to all.
// Who has lost the nodes to another Miroir knows nothing any more that is sure to be true.
template <class AnyRoute>
env::Task<Result<Visit>> receive(Desk& desk, const AnyRoute& route, server::Incoming in) {
    protocol::Grant grant;
    if (!route.action.empty()) {
        std::optional<std::string_view> index;
        if (route.pattern.find("{index_uid}") != std::string_view::npos) index = in.params.get("index_uid");
        Result<protocol::Grant> admitted = desk.admit(in, route.action, index);
        if (!admitted) co_return fail(admitted.error());
        grant = *std::move(admitted);
    }
    MIROIR_CO_CHECK(desk.office().claim().holds());
    Visit visit{.desk = desk, .in = std::move(in), .grant = std::move(grant), .begun = desk.env().clock.now()};
    const Result<void> read = co_await read_body_of(route.body, visit);
    if (!read) co_return fail(read.error());
    co_return visit;
}

env::Task<http::Reply> serve(Desk& desk, const Route& route, server::Incoming in) {
    Result<Visit> visit = co_await receive(desk, route, std::move(in));
    if (!visit) co_return server::error_reply(visit.error());
    Result<std::string> session = session_of(*visit);
    if (!session) co_return server::error_reply(session.error());
    const Result<void> caught_up = co_await honour_session(*visit, route, *session);
    if (!caught_up) co_return server::error_reply(caught_up.error());
    Result<SettingsFloor> floor = settings_floor(*visit, route);
    if (!floor) co_return server::error_reply(floor.error());
    Result<http::Reply> reply = co_await answer_whole(route, *std::move(visit));
    const Result<void> high_enough = floor->check(desk, reply);
    if (!high_enough) co_return server::error_reply(high_enough.error());
    if (!reply) co_return server::error_reply(reply.error());
    floor->stamp(desk, *reply);
    if (!session->empty()) {
        co_await remember_write(desk, *session, *reply);
        reply->headers.set("X-Miroir-Session", *session);
    }
    co_return *std::move(reply);
}

env::Task<http::Reply> serve_shelf(Desk& desk, const ShelfRoute& route, server::Incoming in) {
    const Result<Visit> visit = co_await receive(desk, route, std::move(in));
    if (!visit) co_return server::error_reply(visit.error());
    for (int i = 0; i < kTriesMax; ++i) {
        ShelfVisit at{.desk = desk,
                      .in = visit->in,
                      .grant = visit->grant,
                      .body = visit->body,
                      .shelves = desk.shelves(),
                      .puts = {}};
        Result<http::Reply> reply = route.answer(at);
        if (!reply) co_return server::error_reply(reply.error());
        if (at.puts.empty()) co_return *std::move(reply);
        const Result<bool> done =
            co_await desk.ask(desk.office().put_on_shelves(at.shelves->version, std::move(at.puts)));
        if (!done) co_return server::error_reply(done.error());
        if (*done) co_return *std::move(reply);
    }
    const Error busy{.code = ErrorCode::Internal, .message = "Too many changes at once. Try again."};
    co_return server::error_reply(busy);
}

}  // namespace

json::Value ShelfVisit::find(std::string_view shelf, std::string_view name) const {
    const quorum::Shelf& all = shelves->shelf(shelf);
    const auto found = all.find(name);
    return found == all.end() ? json::Value() : found->second;
}

bool is_read(const Route& route) {
    static constexpr auto kReads = std::to_array<std::string_view>(
        {"search", "documents.get", "settings.get", "indexes.get", "stats.get", "fields.post"});
    return std::ranges::find(kReads, route.action) != kReads.end();
}

std::vector<IndexUid> indexes_read(const Visit& visit, const Route& route) {
    if (route.pattern.find("{index_uid}") != std::string_view::npos) return {visit.index_uid()};
    std::vector<IndexUid> out;
    const json::Value* queries = visit.body.find("queries");
    if (queries == nullptr || !queries->is_array()) return out;
    for (const json::Value& query : queries->array()) {
        const json::Value* uid = query.find("indexUid");
        if (uid != nullptr && uid->is_string()) out.push_back(IndexUid{uid->string()});
    }
    return out;
}

void add_routes(server::Router& router, Desk& desk, std::span<const Route> routes) {
    for (const Route& route : routes) {
        router.add(route.method, route.pattern,
                   [&desk, &route](server::Incoming in) { return serve(desk, route, std::move(in)); });
    }
}

void add_routes(server::Router& router, Desk& desk, std::span<const ShelfRoute> routes) {
    for (const ShelfRoute& route : routes) {
        router.add(route.method, route.pattern,
                   [&desk, &route](server::Incoming in) { return serve_shelf(desk, route, std::move(in)); });
    }
}

void mount(server::Router& router, Desk& desk) {
    for (const auto routes :
         {document_read_routes(), document_write_routes(), index_routes(), search_routes(), settings_routes(),
          task_routes(), task_document_routes(), stats_routes(), metrics_routes(), instance_routes(),
          document_edit_routes(), rule_routes(), completion_routes(), log_routes()}) {
        add_routes(router, desk, routes);
    }
    for (const auto routes : {key_routes(), feature_routes(), webhook_routes(), network_routes(), chat_routes()}) {
        add_routes(router, desk, routes);
    }
}

http::Reply receipt_reply(const quorum::Receipt& receipt, int status) {
    http::Reply reply = server::json_reply(status, protocol::task_summary(receipt.task));
    if (!receipt.degraded.empty()) {
        std::string shards = "shards=";
        for (const ShardId shard : receipt.degraded) {
            if (shards.back() != '=') shards += ',';
            shards += std::to_string(shard.value);
        }
        reply.headers.add("X-Miroir-Degraded", std::move(shards));
    }
    return reply;
}

}  // namespace miroir::api
