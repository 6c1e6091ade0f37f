#include "protocol/instance/requests.h"

#include <algorithm>

#include "protocol/fields/fields.h"

namespace miroir::protocol {

Result<void> read(const json::Value& value, const Place& place, IndexExport& out) {
    static const auto table =
        FieldTable<IndexExport>()
            .field("filter", ErrorCode::InvalidExportIndexFilter, &IndexExport::filter)
            .field("overrideSettings", ErrorCode::InvalidExportIndexOverrideSettings, &IndexExport::override_settings);
    return table.read(value, place, out);
}

namespace {

Result<void> read_size(ExportBody& out, const json::Value& value, const Place& place) {
    MIROIR_CHECK(read(value, place, out.payload_size));
    if (!out.payload_size) return {};
    if (out.payload_size->empty()) return place.unexpected("invalid payload size: an empty text is no size");
    const char first = out.payload_size->front();
    if (first >= '0' && first <= '9') return {};
    return place.unexpected("the character '" + std::string(1, first) + "' is not a number");
}

struct LogBody {
    std::string target = "info";
    json::Value mode;
    bool profile_memory = false;
};

Result<void> read_target(LogBody& out, const json::Value& value, const Place& place) {
    MIROIR_CHECK(read(value, place, out.target));
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

}  // namespace

Result<ExportBody> parse_export(const json::Value& body) {
    static const auto table = FieldTable<ExportBody>()
                                  .field("url", ErrorCode::InvalidExportUrl, &ExportBody::url)
                                  .field("apiKey", ErrorCode::InvalidExportApiKey, &ExportBody::api_key)
                                  .field("payloadSize", ErrorCode::InvalidExportPayloadSize, read_size)
                                  .field("indexes", ErrorCode::BadRequest, &ExportBody::indexes);
    return table.parse(body);
}

Result<void> check_log_stream(const json::Value& body) {
    static const auto table = FieldTable<LogBody>()
                                  .field("target", ErrorCode::BadRequest, read_target)
                                  .field("mode", ErrorCode::BadRequest, &LogBody::mode)
                                  .field("profileMemory", ErrorCode::BadRequest, &LogBody::profile_memory);
    MIROIR_TRY(const LogBody read, table.parse(body));
    return {};
}

Result<void> check_log_level(const json::Value& body) {
    static const auto table = FieldTable<LogBody>().field("target", ErrorCode::BadRequest, read_target);
    MIROIR_TRY(const LogBody read, table.parse(body));
    return {};
}

}  // namespace miroir::protocol
