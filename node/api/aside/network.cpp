// The network as the community edition has it: remotes are kept and shown, a leader is refused.
#include "protocol/instance/network.h"
#include "node/api/routes.h"

namespace miroir::node {
namespace {

constexpr std::string_view kWhat = "Using the /network route";

json::Value stored(Visit& visit) {
    const Shelf& shelf = visit.world().shelf("network");
    const auto found = shelf.find("network");
    return found == shelf.end() ? protocol::fresh_network() : found->second;
}

Result<http::Reply> get(Visit& visit) {
    MIROIR_CHECK(visit.desk.require_feature("network", kWhat));
    return ok(protocol::network_view(stored(visit)));
}

Result<http::Reply> patch(Visit& visit) {
    MIROIR_TRY(const protocol::NetworkBody body, protocol::parse_network(visit.body));
    MIROIR_CHECK(visit.desk.require_feature("network", kWhat));
    MIROIR_TRY(json::Value network, protocol::merged_network(stored(visit), body));
    network["version"] = visit.desk.draw_uuid();
    visit.desk.put("network", "network", network);
    visit.changed = true;
    return ok(protocol::network_view(network));
}

Result<http::Reply> control(Visit& visit) {
    MIROIR_CHECK(visit.desk.require_feature("network", kWhat));
    return fail(ErrorCode::RequiresEnterpriseEdition,
                "Meilisearch Enterprise Edition is required to call the /network/control route");
}

constexpr Route kRoutes[] = {
    {"GET", "/network", "network.get", BodyKind::None, get},
    {"PATCH", "/network", "network.update", BodyKind::Json, patch},
    {"POST", "/network/control", "network.update", BodyKind::None, control},
};

}  // namespace

std::span<const Route> network_routes() { return kRoutes; }

}  // namespace miroir::node
