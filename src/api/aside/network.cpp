// The network as clients describe it: kept and shown. It has nothing to do with the nodes behind Miroir.
#include "protocol/instance/network.h"
#include "api/routes.h"

namespace miroir::api {
namespace {

constexpr std::string_view kWhat = "Using the /network route";

json::Value stored(ShelfVisit& visit) {
    json::Value found = visit.find("network", "network");
    return found.is_null() ? protocol::fresh_network() : found;
}

Result<http::Reply> get(ShelfVisit& visit) {
    MIROIR_CHECK(visit.desk.require(protocol::Feature::Network, kWhat));
    return ok(protocol::network_view(stored(visit)));
}

Result<http::Reply> patch(ShelfVisit& visit) {
    MIROIR_TRY(const protocol::NetworkBody body, protocol::parse_network(visit.body));
    MIROIR_CHECK(visit.desk.require(protocol::Feature::Network, kWhat));
    MIROIR_TRY(json::Value network, protocol::merged_network(stored(visit), body));
    network["version"] = visit.draw_uuid();
    visit.put("network", "network", network);
    return ok(protocol::network_view(network));
}

Result<http::Reply> control(ShelfVisit& visit) {
    MIROIR_CHECK(visit.desk.require(protocol::Feature::Network, kWhat));
    return fail(ErrorCode::RequiresEnterpriseEdition,
                "Meilisearch Enterprise Edition is required to call the /network/control route");
}

constexpr ShelfRoute kRoutes[] = {
    {"GET", "/network", "network.get", BodyKind::None, get},
    {"PATCH", "/network", "network.update", BodyKind::Json, patch},
    {"POST", "/network/control", "network.update", BodyKind::None, control},
};

}  // namespace

std::span<const ShelfRoute> network_routes() { return kRoutes; }

}  // namespace miroir::api
