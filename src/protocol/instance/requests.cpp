#include "protocol/instance/requests.h"

#include <algorithm>
#include <charconv>

#include "protocol/fields/fields.h"
#include "protocol/keys/index_uid.h"
#include "protocol/settings/settings.h"

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
    MIROIR_TRY(ExportBody out, table.parse(body));
    for (const auto& [pattern, options] : exported_indexes(out)) {
        if (is_index_pattern(pattern)) continue;
        return fail(ErrorCode::BadRequest, "Invalid value at `.indexes`: the key \"" + pattern +
                                               "\" could not be deserialized into the key type "
                                               "`meilisearch_types::index_uid_pattern::IndexUidPattern`");
    }
    return out;
}

std::map<std::string, IndexExport> exported_indexes(const ExportBody& body) {
    return body.indexes ? *body.indexes : std::map<std::string, IndexExport>{{"*", IndexExport()}};
}

json::Value export_details(const IndexExport& options, std::optional<std::uint64_t> matched) {
    json::Object out{{"filter", options.filter ? *options.filter : json::Value()},
                     {"overrideSettings", options.override_settings}};
    if (matched) out.append("matched_documents", *matched);
    return out;
}

json::Value export_details(const ExportBody& body) {
    json::Object details;
    details.append("url", body.url.value_or(""));
    if (body.api_key) details.append("apiKey", masked_secret(*body.api_key));
    if (body.payload_size) details.append("payloadSize", *body.payload_size);
    json::Object indexes;
    for (const auto& [pattern, options] : exported_indexes(body))
        indexes.append(pattern, export_details(options, std::nullopt));
    details.append("indexes", std::move(indexes));
    return details;
}

std::optional<std::size_t> payload_bytes(const ExportBody& body) {
    struct Unit {
        std::string_view name;
        double bytes;
    };
    static constexpr Unit kUnits[] = {{"", 1},     {"b", 1},         {"kb", 1e3}, {"kib", 1 << 10},
                                      {"mb", 1e6}, {"mib", 1 << 20}, {"gb", 1e9}, {"gib", 1 << 30}};
    if (!body.payload_size) return std::nullopt;
    const std::string& text = *body.payload_size;
    double number = 0;
    const auto [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (trouble != std::errc()) return std::nullopt;
    std::string unit;
    for (const char c : std::string_view(end, text.data() + text.size())) {
        if (c != ' ') unit += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    const auto known = std::ranges::find(kUnits, unit, &Unit::name);
    if (known == std::end(kUnits) || number < 1 || number > 1e12) return std::nullopt;
    return static_cast<std::size_t>(number * known->bytes);
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
