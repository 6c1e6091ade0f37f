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

bool is_level(std::string_view text) {
    static constexpr std::string_view kLevels[] = {"",  "off", "error", "warn", "info", "debug", "trace",
                                                   "0", "1",   "2",     "3",    "4",    "5"};
    std::string lower(text);
    for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    return std::ranges::find(kLevels, lower) != std::end(kLevels);
}

Result<void> read_target(LogWish& out, const json::Value& value, const Place& place) {
    MIROIR_CHECK(read(value, place, out.target));
    if (out.target.empty()) {
        return place.unexpected(
            "Empty string is not a valid target. If you want to get no logs use `OFF`. Usage: `info`, "
            "`meilisearch=info`, or you can write multiple filters in one target: `index_scheduler=info,milli=trace`");
    }
    std::string_view rest = out.target;
    while (!rest.empty()) {
        const std::size_t comma = rest.find(',');
        const std::string_view directive = rest.substr(0, comma);
        if (std::ranges::count(directive, '=') > 1) {
            return place.unexpected("invalid filter directive: too many '=' in filter directive, expected 0 or 1");
        }
        const std::size_t sign = directive.find('=');
        if (sign != std::string_view::npos && !is_level(directive.substr(sign + 1))) {
            return place.unexpected(
                "error parsing level filter: expected one of \"off\", \"error\", \"warn\", \"info\", \"debug\", "
                "\"trace\", or a number 0-5");
        }
        rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
    return {};
}

Result<void> read_mode(LogWish& out, const json::Value& value, const Place& place) {
    static constexpr std::string_view kModes[] = {"human", "json", "profile"};
    MIROIR_TRY(const std::size_t at, read_word(value, place, kModes));
    out.mode = static_cast<LogMode>(at);
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

Result<LogWish> parse_log_stream(const json::Value& body) {
    static const auto table = FieldTable<LogWish>()
                                  .field("target", ErrorCode::BadRequest, read_target)
                                  .field("mode", ErrorCode::BadRequest, read_mode)
                                  .field("profileMemory", ErrorCode::BadRequest, &LogWish::profile_memory);
    MIROIR_TRY(LogWish read, table.parse(body));
    if (read.profile_memory && read.mode != LogMode::Profile) {
        return fail(ErrorCode::InvalidSettingsTypoTolerance,
                    std::string("Invalid value: `profile_memory` can only be used while profiling code and is not "
                                "compatible with the ") +
                        (read.mode == LogMode::Human ? "Human" : "Json") + " mode.");
    }
    return read;
}

Result<LogWish> parse_log_level(const json::Value& body) {
    static const auto table = FieldTable<LogWish>().field("target", ErrorCode::BadRequest, read_target);
    return table.parse(body);
}

}  // namespace miroir::protocol
