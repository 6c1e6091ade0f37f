// Log routes: the level is taken and the streams are empty, for a node writes little.
#include <algorithm>

#include "node/api/routes.h"
#include "protocol/fields/fields.h"

namespace miroir::node {
namespace {

using protocol::Place;

constexpr std::string_view kWhat = "Modifying logs through the `/logs/*` routes";

struct LogBody {
    std::string target = "info";
    json::Value mode;
    bool profile_memory = false;
};

Result<void> read_target(LogBody& out, const json::Value& value, const Place& place) {
    MIROIR_CHECK(protocol::read(value, place, out.target));
    std::string_view rest = out.target;
    while (!rest.empty()) {
        const std::size_t comma = rest.find(',');
        const std::string_view directive = rest.substr(0, comma);
        if (std::ranges::count(directive, '=') > 1) {
            return place.unexpected("invalid filter directive: too many '=' in filter directive, expected 0 or 1");
        }
        rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
    return {};
}

Result<http::Reply> stream(Visit& visit) {
    static const auto table = protocol::FieldTable<LogBody>()
                                  .field("target", ErrorCode::BadRequest, read_target)
                                  .field("mode", ErrorCode::BadRequest, &LogBody::mode)
                                  .field("profileMemory", ErrorCode::BadRequest, &LogBody::profile_memory);
    MIROIR_TRY(const LogBody body, table.parse(visit.body));
    MIROIR_CHECK(visit.desk.require_feature("logsRoute", kWhat));
    return server::empty_reply(200);
}

Result<http::Reply> stop_stream(Visit& visit) {
    MIROIR_CHECK(visit.desk.require_feature("logsRoute", kWhat));
    return server::empty_reply(204);
}

Result<http::Reply> set_level(Visit& visit) {
    static const auto table =
        protocol::FieldTable<LogBody>().field("target", ErrorCode::BadRequest, read_target);
    MIROIR_TRY(const LogBody body, table.parse(visit.body));
    MIROIR_CHECK(visit.desk.require_feature("logsRoute", kWhat));
    return server::empty_reply(204);
}

constexpr Route kRoutes[] = {
    {"POST", "/logs/stream", "metrics.get", BodyKind::Json, stream},
    {"DELETE", "/logs/stream", "metrics.get", BodyKind::None, stop_stream},
    {"POST", "/logs/stderr", "metrics.get", BodyKind::Json, set_level},
};

}  // namespace

std::span<const Route> log_routes() { return kRoutes; }

}  // namespace miroir::node
