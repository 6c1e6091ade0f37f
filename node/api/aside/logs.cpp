// Log routes: the level is taken and the streams are empty, for a node writes little.
#include "node/api/routes.h"
#include "protocol/instance/requests.h"

namespace miroir::node {
namespace {

constexpr std::string_view kWhat = "Modifying logs through the `/logs/*` routes";

Result<http::Reply> stream(Visit& visit) {
    MIROIR_CHECK(protocol::parse_log_stream(visit.body));
    MIROIR_CHECK(visit.desk.require_feature("logsRoute", kWhat));
    return server::empty_reply(200);
}

Result<http::Reply> stop_stream(Visit& visit) {
    MIROIR_CHECK(visit.desk.require_feature("logsRoute", kWhat));
    return server::empty_reply(204);
}

Result<http::Reply> set_level(Visit& visit) {
    MIROIR_CHECK(protocol::parse_log_level(visit.body));
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
