// What the routes of the server itself are told: exports and logs. Pure; the refusals are the engine's.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "json/value.h"

namespace miroir::protocol {

struct IndexExport {
    std::optional<json::Value> filter;
    bool override_settings = false;
};
struct ExportBody {
    std::optional<std::string> url;
    std::optional<std::string> api_key;
    std::optional<std::string> payload_size;
    std::optional<std::map<std::string, IndexExport>> indexes;
};
Result<ExportBody> parse_export(const json::Value& body);

Result<void> check_log_stream(const json::Value& body);  // POST /logs/stream
Result<void> check_log_level(const json::Value& body);   // POST /logs/stderr

}  // namespace miroir::protocol
