// Routes as tables: method, path, the action a key needs, what is read of the body, and a plain function that answers.
// serve() does what is the same for all, in the engine's order: admission, content type, body, then the function; and
// what was changed is safe on disk before the reply goes out.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "node/api/desk.h"
#include "protocol/indexes/requests.h"
#include "server/replies.h"

namespace miroir::node {

enum class BodyKind : std::uint8_t { None, Json, Raw };

// One request on its way through a route's function.
struct Visit {
    Desk& desk;
    server::Incoming& in;
    protocol::Grant grant;
    json::Value body{};      // BodyKind::Json
    std::string raw_body{};  // BodyKind::Raw
    bool changed = false;    // something was remembered: wait until it is safe
    env::Monotonic begun{};

    const std::string& index_uid() const { return in.params.get("index_uid"); }
    World& world() { return desk.world(); }
};

using Answer = Result<http::Reply> (*)(Visit& visit);

struct Route {
    std::string_view method;
    std::string_view pattern;
    std::string_view action;  // empty: open to all
    BodyKind body;
    Answer answer;
};

void add_routes(server::Router& router, Desk& desk, std::span<const Route> routes);

// One span a file; see the files of the same name.
std::span<const Route> instance_routes();
std::span<const Route> feature_routes();
std::span<const Route> index_routes();
std::span<const Route> document_routes();
std::span<const Route> field_routes();
std::span<const Route> search_routes();
std::span<const Route> settings_routes();  // filled from the table of settings
std::span<const Route> task_routes();
std::span<const Route> key_routes();
std::span<const Route> webhook_routes();
std::span<const Route> network_routes();
std::span<const Route> chat_routes();
std::span<const Route> rule_routes();
std::span<const Route> export_routes();
std::span<const Route> log_routes();
std::span<const Route> render_routes();
std::span<const Route> fault_routes();

// The task's place in the queue and the summary that is answered. `details`, `params` and `payload` are the type's.
struct Order {
    protocol::TaskType type;
    std::optional<std::string> index_uid{};
    json::Value details{};
    json::Value params = json::Object();
    std::string payload{};
    std::optional<std::string> custom_metadata{};
};
Result<http::Reply> enqueue(Visit& visit, Order order, int status = 202);

using protocol::paged;
using protocol::parse_window;
using protocol::Window;

inline http::Reply ok(const json::Value& value) { return server::json_reply(200, value); }

}  // namespace miroir::node
