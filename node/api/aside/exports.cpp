// Export: the request is checked and taken as a task; see README for what a node sends.
#include <algorithm>

#include "node/api/routes.h"
#include "protocol/fields/fields.h"
#include "protocol/keys/index_uid.h"

namespace miroir::node {
namespace {

using protocol::FieldTable;
using protocol::Place;

struct IndexExport {
    std::optional<json::Value> filter;
    bool override_settings = false;
};

Result<void> read(const json::Value& value, const Place& place, IndexExport& out) {
    static const auto table =
        FieldTable<IndexExport>()
            .field("filter", ErrorCode::InvalidExportIndexFilter, &IndexExport::filter)
            .field("overrideSettings", ErrorCode::InvalidExportIndexOverrideSettings, &IndexExport::override_settings);
    return table.read(value, place, out);
}

struct ExportBody {
    std::optional<std::string> url;
    std::optional<std::string> api_key;
    std::optional<std::string> payload_size;
    std::optional<std::map<std::string, IndexExport>> indexes;
};

Result<void> read_size(ExportBody& out, const json::Value& value, const Place& place) {
    MIROIR_CHECK(protocol::read(value, place, out.payload_size));
    if (!out.payload_size) return {};
    if (out.payload_size->empty()) return place.unexpected("invalid payload size: an empty text is no size");
    const char first = out.payload_size->front();
    if (first >= '0' && first <= '9') return {};
    return place.unexpected("the character '" + std::string(1, first) + "' is not a number");
}

Result<http::Reply> create(Visit& visit) {
    static const auto table = FieldTable<ExportBody>()
                                  .field("url", ErrorCode::InvalidExportUrl, &ExportBody::url)
                                  .field("apiKey", ErrorCode::InvalidExportApiKey, &ExportBody::api_key)
                                  .field("payloadSize", ErrorCode::InvalidExportPayloadSize, read_size)
                                  .field("indexes", ErrorCode::BadRequest, &ExportBody::indexes);
    MIROIR_TRY(const ExportBody body, table.parse(visit.body));
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
