#include "server/edge.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace miroir::server {
namespace {

constexpr std::string_view kVary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

constexpr auto kOursToTake = std::to_array<std::string_view>(
    {"x-miroir-min-settings-version", "x-miroir-session", "x-miroir-over-fetch", "x-miroir-tenant"});

constexpr auto kStripped = std::to_array<std::string_view>({"meili-proxy-search", "taskid", "dryrun", "forwarded"});
constexpr auto kStrippedBeginnings = std::to_array<std::string_view>({"x-miroir-", "x-forwarded-", "x-meili-proxy-"});

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool begins_with(std::string_view name, std::string_view beginning) {
    return name.size() >= beginning.size() && http::same_name(name.substr(0, beginning.size()), beginning);
}

bool internal(std::string_view name) {
    const auto is_name = [&](std::string_view other) { return http::same_name(name, other); };
    if (std::ranges::any_of(kOursToTake, is_name)) return false;
    if (std::ranges::any_of(kStripped, is_name)) return true;
    return std::ranges::any_of(kStrippedBeginnings, [&](std::string_view other) { return begins_with(name, other); });
}

bool is_token(std::string_view text) {
    const auto sound = [](char c) {
        return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
               std::string_view("!#$%&'*+-.^_`|~").contains(c);
    };
    return !text.empty() && std::ranges::all_of(text, sound);
}

}  // namespace

std::optional<http::Reply> preflight_reply(const http::Request& request) {
    if (request.method != "OPTIONS") return std::nullopt;
    if (!is_token(request.headers.get("access-control-request-method"))) return std::nullopt;
    http::Reply reply;
    reply.headers.add("access-control-allow-origin", "*");
    reply.headers.add("access-control-allow-methods", "CONNECT, DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, TRACE");
    if (const std::string_view asked = request.headers.get("access-control-request-headers"); !asked.empty()) {
        reply.headers.add("access-control-allow-headers", std::string(asked));
    }
    reply.headers.add("access-control-max-age", "86400");
    reply.headers.add("vary", std::string(kVary));
    return reply;
}

void add_cors(http::Headers& reply, bool request_has_origin) {
    reply.add("vary", std::string(kVary));
    if (request_has_origin) reply.set("access-control-allow-origin", "*");
}

void strip_internal(http::Headers& request) {
    request.erase_if([](const http::Headers::Field& field) { return internal(field.first); });
}

std::optional<std::string> sound_request_id(const http::Headers& request) {
    constexpr std::size_t kLengthMax = 64;
    const std::string_view given = request.get("x-request-id");
    const auto sound = [](char c) {
        return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' || c == '_' || c == '.';
    };
    if (given.empty() || given.size() > kLengthMax || !std::ranges::all_of(given, sound)) return std::nullopt;
    return std::string(given);
}

}  // namespace miroir::server
