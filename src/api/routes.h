// Routes as tables: method, path, the action a key needs, what is read of the body, and the coroutine that answers.
// serve() does what is the same for all, in the engine's order: admission, content type, body, then the answer.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "api/desk.h"
#include "server/replies.h"

namespace miroir::api {

enum class BodyKind : std::uint8_t { None, Json, Raw };

// One request on its way through a route's coroutine, which owns it.
struct Visit {
    Desk& desk;
    server::Incoming in;
    protocol::Grant grant;
    json::Value body{};      // BodyKind::Json
    std::string raw_body{};  // BodyKind::Raw
    env::Monotonic begun{};

    const std::string& index_text() const { return in.params.get("index_uid"); }
    IndexUid index_uid() const { return IndexUid{index_text()}; }
};

using Answer = env::Task<Result<http::Reply>> (*)(Visit visit);

struct Route {
    std::string_view method;
    std::string_view pattern;
    std::string_view action;
    BodyKind body;
    Answer answer;
};

void add_routes(server::Router& router, Desk& desk, std::span<const Route> routes);
// Everything that clients see.
void mount(server::Router& router, Desk& desk);

// One span a file; see the files of the same name.
std::span<const Route> document_read_routes();
std::span<const Route> document_write_routes();
std::span<const Route> index_routes();
std::span<const Route> search_routes();
std::span<const Route> settings_routes();
std::span<const Route> task_routes();

// 202 and the task's summary; X-Miroir-Degraded names the shards of which some replica has only a hint.
http::Reply receipt_reply(const quorum::Receipt& receipt);

inline http::Reply ok(const json::Value& value) { return server::json_reply(200, value); }

}  // namespace miroir::api
