// Routes as tables: method, path, the action a key needs, what is read of the body, and the coroutine that answers.
// serve() does what is the same for all, in the engine's order: admission, content type, body, then the answer.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "api/desk.h"
#include "server/replies.h"

namespace miroir::api {

enum class BodyKind : std::uint8_t { None, Json, JsonText, Raw };

// One request on its way through a route's coroutine, which owns it.
struct Visit {
    Desk& desk;
    server::Incoming in;
    protocol::Grant grant;
    json::Value body{};      // BodyKind::Json
    std::string raw_body{};  // BodyKind::JsonText, BodyKind::Raw
    env::Monotonic begun{};
    std::optional<std::uint64_t> pin{};  // a session keeps to the replicas that this seed prefers

    const std::string& index_text() const { return in.params.get("index_uid"); }
    IndexUid index_uid() const { return IndexUid{index_text()}; }
    std::uint64_t replica_seed(std::string_view text) const { return pin ? *pin : desk.replica_seed(text); }
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

bool is_read(const Route& route);  // of what an index holds
// The indexes that a read asks; none: all that there are.
std::vector<IndexUid> indexes_read(const Visit& visit, const Route& route);

// A route over what clients keep here (quorum/shelves/shelves.h): a plain function over one snapshot, which says what
// is to be put where. Should another change come between, the function is asked again.
struct ShelfVisit {
    Desk& desk;
    const server::Incoming& in;
    const protocol::Grant& grant;
    const json::Value& body;
    quorum::ShelvesPtr shelves;
    std::vector<quorum::ShelfPut> puts;

    const quorum::Shelf& shelf(std::string_view name) const { return shelves->shelf(name); }
    // What stands there, or null.
    json::Value find(std::string_view shelf, std::string_view name) const;
    void put(std::string shelf, std::string name, json::Value value) {
        puts.push_back({.shelf = std::move(shelf), .name = std::move(name), .value = std::move(value)});
    }
    protocol::Instant now() const { return desk.env().clock.wall(); }
    std::string draw_uuid() const {
        env::Env env = desk.env();
        return env::uuid_v4(env.random);
    }
};

struct ShelfRoute {
    std::string_view method;
    std::string_view pattern;
    std::string_view action;
    BodyKind body;
    Result<http::Reply> (*answer)(ShelfVisit& visit);
};

void add_routes(server::Router& router, Desk& desk, std::span<const ShelfRoute> routes);

// Everything that clients see.
void mount(server::Router& router, Desk& desk);

// One span a file; see the files of the same name.
std::span<const Route> document_read_routes();
std::span<const Route> document_write_routes();
std::span<const Route> index_routes();
std::span<const Route> search_routes();
std::span<const Route> settings_routes();
std::span<const Route> task_routes();
std::span<const Route> task_document_routes();
std::span<const Route> stats_routes();
std::span<const Route> metrics_routes();
std::span<const Route> instance_routes();
std::span<const Route> document_edit_routes();
std::span<const Route> rule_routes();
std::span<const Route> completion_routes();
std::span<const Route> log_routes();
std::span<const ShelfRoute> key_routes();
std::span<const ShelfRoute> feature_routes();
std::span<const ShelfRoute> webhook_routes();
std::span<const ShelfRoute> network_routes();
std::span<const ShelfRoute> chat_routes();

// 202 and the task's summary; X-Miroir-Degraded names the shards of which some replica has only a hint.
http::Reply receipt_reply(const quorum::Receipt& receipt, int status = 202);

inline http::Reply ok(const json::Value& value) { return server::json_reply(200, value); }

}  // namespace miroir::api
