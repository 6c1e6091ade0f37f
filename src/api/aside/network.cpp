// The network as clients describe it: kept and shown. It has nothing to do with the nodes behind Miroir.
#include "protocol/instance/network.h"
#include "api/routes.h"
#include "json/write.h"
#include "protocol/chat/shape.h"

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

using protocol::chat::Shape;
using protocol::chat::Slot;

constexpr Shape kText{.kind = Shape::Kind::Text};
constexpr Shape kBool{.kind = Shape::Kind::Bool};
constexpr Shape kU32{.kind = Shape::Kind::U32};
constexpr std::string_view kStatusWords[] = {"available", "unavailable"};
constexpr Shape kStatus{.kind = Shape::Kind::Words, .words = kStatusWords};
constexpr Slot kExportSlots[] = {{.name = "remote", .shape = &kText, .required = true}};
constexpr Shape kExport{.kind = Shape::Kind::Struct, .name = "Message", .slots = kExportSlots};
constexpr Slot kImportSlots[] = {{.name = "remote", .shape = &kText, .required = true},
                                 {.name = "successful", .shape = &kBool, .required = true}};
constexpr Shape kImport{.kind = Shape::Kind::Struct, .name = "Message", .slots = kImportSlots};
constexpr Slot kChangeSlots[] = {{.name = "remote", .shape = &kText, .required = true},
                                 {.name = "status", .shape = &kStatus, .required = true}};
constexpr Shape kChange{.kind = Shape::Kind::Struct, .name = "Message", .slots = kChangeSlots};
constexpr std::string_view kMessages[] = {"exportNoIndexForRemote", "importFinishedForRemote", "statusChangeForRemote"};
constexpr const Shape* kMessageShapes[] = {&kExport, &kImport, &kChange};
constexpr Shape kMessage{
    .kind = Shape::Kind::Tagged, .name = "Message", .words = kMessages, .variants = kMessageShapes, .tag = "type"};
constexpr Slot kOriginSlots[] = {{.name = "remoteName", .shape = &kText, .required = true},
                                 {.name = "taskUid", .shape = &kU32, .required = true},
                                 {.name = "networkVersion", .shape = &kText}};
constexpr Shape kOrigin{.kind = Shape::Kind::Struct, .name = "Origin", .slots = kOriginSlots};
constexpr Slot kControlSlots[] = {{.name = "origin", .shape = &kOrigin, .required = true},
                                  {.name = "message", .shape = &kMessage, .required = true}};
constexpr Shape kControl{.kind = Shape::Kind::Struct, .name = "NetworkChange", .slots = kControlSlots};

// A refusal names the place in the body as it is without blanks.
Result<http::Reply> control(ShelfVisit& visit) {
    const auto change = protocol::chat::read_as(kControl, json::to_text(visit.body));
    if (!change) return fail(ErrorCode::BadRequest, "Json deserialize error: " + change.error());
    MIROIR_CHECK(visit.desk.require(protocol::Feature::Network, "Using the /network/control route"));
    return fail(ErrorCode::RequiresEnterpriseEdition,
                "Meilisearch Enterprise Edition is required to call the /network/control route");
}

constexpr ShelfRoute kRoutes[] = {
    {"GET", "/network", "network.get", BodyKind::None, get},
    {"PATCH", "/network", "network.update", BodyKind::Json, patch},
    {"POST", "/network/control", "network.update", BodyKind::Json, control},
};

}  // namespace

std::span<const ShelfRoute> network_routes() { return kRoutes; }

}  // namespace miroir::api
