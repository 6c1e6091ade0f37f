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
// Patterns and what is wanted of the indexes they meet; all of them where nothing was said.
std::map<std::string, IndexExport> exported_indexes(const ExportBody& body);
// What the task shows: before it has begun, and of one index that was sent.
json::Value export_details(const ExportBody& body);
json::Value export_details(const IndexExport& options, std::optional<std::uint64_t> matched);
// "24 MiB", "20MB", "512"; nothing: not said, or no size.
std::optional<std::size_t> payload_bytes(const ExportBody& body);

enum class LogMode : std::uint8_t { Human, Json, Profile };
struct LogWish {
    std::string target = "info";  // `quorum=debug,warn`
    LogMode mode = LogMode::Human;
    bool profile_memory = false;
};
Result<LogWish> parse_log_stream(const json::Value& body);  // POST /logs/stream
Result<LogWish> parse_log_level(const json::Value& body);   // POST /logs/stderr: the target alone

}  // namespace miroir::protocol
