// Export: the request is checked and taken as a task; see README for what a node sends.
#include "node/api/routes.h"
#include "protocol/instance/requests.h"

namespace miroir::node {
namespace {

Result<http::Reply> create(Visit& visit) {
    MIROIR_TRY(const protocol::ExportBody body, protocol::parse_export(visit.body));
    json::Object details;
    details.append("url", body.url ? json::Value(*body.url) : json::Value());
    if (body.api_key) details.append("apiKey", protocol::masked_secret(*body.api_key));
    if (body.payload_size) details.append("payloadSize", *body.payload_size);
    return enqueue(visit, {.type = protocol::TaskType::Export, .details = std::move(details)}, 200);
}

constexpr Route kRoutes[] = {{"POST", "/export", "export", BodyKind::Json, create}};

}  // namespace

std::span<const Route> export_routes() { return kRoutes; }

}  // namespace miroir::node
