#include "api/routes.h"

#include "server/body.h"

namespace miroir::api {
namespace {

env::Task<Result<void>> read_body_of(const Route& route, Visit& visit) {
    const std::size_t limit = visit.desk.options().payload_limit;
    if (route.body == BodyKind::Json) {
        Result<json::Value> body = co_await server::read_json_body(visit.in, limit);
        if (!body) co_return fail(body.error());
        visit.body = *std::move(body);
    } else if (route.body == BodyKind::Raw) {
        Result<std::string> body = co_await server::read_body(visit.in, limit);
        if (!body) co_return fail(body.error());
        visit.raw_body = *std::move(body);
    }
    co_return Result<void>{};
}

env::Task<http::Reply> serve(Desk& desk, const Route& route, server::Incoming in) {
    std::optional<std::string_view> index;
    if (route.pattern.find("{index_uid}") != std::string_view::npos) index = in.params.get("index_uid");
    Result<protocol::Grant> grant = desk.admit(in, route.action, index);
    if (!grant) co_return server::error_reply(grant.error());
    Visit visit{.desk = desk, .in = std::move(in), .grant = *std::move(grant), .begun = desk.env().clock.now()};
    const Result<void> read = co_await read_body_of(route, visit);
    if (!read) co_return server::error_reply(read.error());
    Result<http::Reply> reply = co_await route.answer(std::move(visit));
    if (!reply) co_return server::error_reply(reply.error());
    co_return *std::move(reply);
}

}  // namespace

void add_routes(server::Router& router, Desk& desk, std::span<const Route> routes) {
    for (const Route& route : routes) {
        router.add(route.method, route.pattern, [&desk, &route](server::Incoming in) { return serve(desk, route, std::move(in)); });
    }
}

void mount(server::Router& router, Desk& desk) {
    for (const auto routes : {document_read_routes(), document_write_routes(), index_routes(), search_routes(),
                              settings_routes(), task_routes()}) {
        add_routes(router, desk, routes);
    }
}

http::Reply receipt_reply(const quorum::Receipt& receipt) {
    http::Reply reply = server::json_reply(202, protocol::task_summary(receipt.task));
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
