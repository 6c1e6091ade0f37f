// Webhooks: kept and shown; see README for what is sent.
#include <algorithm>

#include "node/api/routes.h"
#include "protocol/fields/fields.h"
#include "protocol/keys/uuid.h"

namespace miroir::node {
namespace {

using protocol::Place;
using protocol::Setting;

constexpr std::string_view kNil = "00000000-0000-0000-0000-000000000000";
constexpr std::size_t kHooksMax = 20;
constexpr std::size_t kHeadersMax = 200;

struct HookBody {
    Setting<std::string> url;
    Setting<std::map<std::string, Setting<std::string>>> headers;
};

Result<void> refuse_immutable(std::string_view key, std::span<const std::string_view> known, const Place& place) {
    const bool uuid = key == "uuid";
    if (!uuid && key != "isEditable") return place.unknown_key(key, known);
    return fail(uuid ? ErrorCode::ImmutableWebhookUuid : ErrorCode::ImmutableWebhookIsEditable,
                "Immutable field `" + std::string(key) + "`: expected one of " + protocol::quoted_list(known));
}

Result<HookBody> parse_hook(const json::Value& body) {
    static const auto table = protocol::FieldTable<HookBody>()
                                  .field("url", ErrorCode::InvalidWebhookUrl, &HookBody::url)
                                  .field("headers", ErrorCode::InvalidWebhookHeaders, &HookBody::headers)
                                  .unknown(refuse_immutable);
    return table.parse(body);
}

std::string masked(const std::string& name, const std::string& value) {
    std::string lower = name;
    std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (lower != "authorization") return value;
    constexpr std::string_view kBearer = "Bearer ";
    if (value.starts_with(kBearer)) {
        return std::string(kBearer) + protocol::masked_secret(value.substr(kBearer.size()));
    }
    return protocol::masked_secret(value);
}

json::Value view(const json::Value& hook) {
    json::Object headers;
    std::map<std::string, std::string> sorted;
    for (const json::Member& header : hook.find("headers")->object()) sorted[header.first] = header.second.string();
    for (const auto& [name, value] : sorted) headers.append(name, masked(name, value));
    return json::Object{{"uuid", *hook.find("uuid")},
                        {"isEditable", true},
                        {"url", *hook.find("url")},
                        {"headers", std::move(headers)}};
}

bool is_header_name(std::string_view name) {
    constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
    return !name.empty() && std::ranges::all_of(name, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               kOthers.find(c) != std::string_view::npos;
    });
}

bool is_header_value(std::string_view value) {
    return std::ranges::all_of(value, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
    });
}

Result<void> check_url(const std::string& url) {
    const std::size_t colon = url.find(':');
    const bool scheme = colon != std::string::npos && colon != 0 &&
                        std::ranges::all_of(url.substr(0, colon), [](char c) {
                            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                   c == '+' || c == '-' || c == '.';
                        });
    if (!scheme) return fail(ErrorCode::InvalidWebhookUrl, "Invalid URL `" + url + "`: relative URL without a base");
    const std::string_view name = std::string_view(url).substr(0, colon);
    if ((name == "http" || name == "https") && url.find_first_not_of("/\\", colon + 1) == std::string::npos) {
        return fail(ErrorCode::InvalidWebhookUrl, "Invalid URL `" + url + "`: empty host");
    }
    return {};
}

Result<void> check_hook(const json::Value& hook) {
    const std::string& uuid = hook.find("uuid")->string();
    const std::string& url = hook.find("url")->string();
    if (url.empty()) {
        return fail(ErrorCode::InvalidWebhookUrl, "The URL for the webhook `" + uuid + "` is missing.");
    }
    MIROIR_CHECK(check_url(url));
    const json::Object& headers = hook.find("headers")->object();
    if (headers.size() > kHeadersMax) {
        return fail(ErrorCode::InvalidWebhookHeaders,
                    "Too many headers for the webhook `" + uuid + "`. Please limit the number of headers to 200. "
                    "Hint: To remove an already defined header set its value to `null`");
    }
    for (const json::Member& header : headers) {
        if (!is_header_name(header.first)) {
            return fail(ErrorCode::InvalidWebhookHeaders,
                        "Invalid header name `" + header.first + "`: invalid HTTP header name");
        }
        if (!is_header_value(header.second.string())) {
            return fail(ErrorCode::InvalidWebhookHeaders,
                        "Invalid header value `" + header.first + "`: failed to parse header value");
        }
    }
    return {};
}

// What the body says, laid over what was there.
json::Value merged(json::Value hook, const HookBody& body) {
    if (body.url.is_set()) hook["url"] = body.url.value;
    if (body.url.is_reset()) hook["url"] = "";
    if (body.headers.is_reset()) hook["headers"] = json::Object();
    if (body.headers.is_set()) {
        json::Object& headers = hook["headers"].object();
        for (const auto& [name, value] : body.headers.value) {
            if (value.is_set()) headers.set(name, value.value);
            if (value.is_reset()) headers.erase(name);
        }
    }
    return hook;
}

Result<std::string> parse_path(Visit& visit) {
    auto uuid = protocol::parse_uuid(visit.in.params.get("uuid"));
    if (uuid) return *uuid;
    std::string why = uuid.error();
    constexpr std::string_view kPlain = "expected length 32 for simple format, ";
    if (const std::size_t at = why.find(kPlain); at != std::string::npos) why.erase(at, kPlain.size());
    return fail(ErrorCode::InvalidWebhookUuid, "Invalid UUID: " + why);
}

Result<json::Value> find_hook(Visit& visit, const std::string& uuid) {
    const Shelf& shelf = visit.world().shelf("webhooks");
    const auto found = shelf.find(uuid);
    if (found == shelf.end()) return fail(ErrorCode::WebhookNotFound, "Webhook `" + uuid + "` not found.");
    return found->second;
}

Result<void> refuse_nil(const std::string& uuid) {
    if (uuid != kNil) return {};
    return fail(ErrorCode::ImmutableWebhook,
                "Webhook `" + uuid + "` is immutable. The webhook defined from the command line cannot be modified "
                "using the API.");
}

// The engine shows the newest first where their random names allow it: in the order of the names.
Result<http::Reply> list(Visit& visit) {
    std::vector<const json::Value*> hooks;
    for (const auto& [uuid, hook] : visit.world().shelf("webhooks")) hooks.push_back(&hook);
    std::ranges::sort(hooks, std::ranges::greater(), [](const json::Value* hook) { return hook->find("order")->unsigned_integer(); });
    json::Array all;
    for (const json::Value* hook : hooks) all.push_back(view(*hook));
    return ok(json::Object{{"results", std::move(all)}});
}

Result<http::Reply> create(Visit& visit) {
    MIROIR_TRY(const HookBody body, parse_hook(visit.body));
    const Shelf& shelf = visit.world().shelf("webhooks");
    if (shelf.size() >= kHooksMax) {
        return fail(ErrorCode::InvalidWebhooks,
                    "Defining too many webhooks would crush the server. Please limit the number of webhooks to 20. You "
                    "may use a third-party proxy server to dispatch events to more than 20 endpoints.");
    }
    std::uint64_t order = 0;
    for (const auto& [uuid, hook] : shelf) order = std::max(order, hook.find("order")->unsigned_integer() + 1);
    const std::string uuid = visit.desk.draw_uuid();
    const json::Value hook =
        merged(json::Object{{"uuid", uuid}, {"url", ""}, {"headers", json::Object()}, {"order", order}}, body);
    MIROIR_CHECK(check_hook(hook));
    visit.desk.put("webhooks", uuid, hook);
    visit.changed = true;
    return server::json_reply(201, view(hook));
}

Result<http::Reply> get(Visit& visit) {
    MIROIR_TRY(const std::string uuid, parse_path(visit));
    MIROIR_TRY(const json::Value hook, find_hook(visit, uuid));
    return ok(view(hook));
}

Result<http::Reply> change(Visit& visit) {
    MIROIR_TRY(const std::string uuid, parse_path(visit));
    MIROIR_TRY(const HookBody body, parse_hook(visit.body));
    MIROIR_CHECK(refuse_nil(uuid));
    MIROIR_TRY(json::Value hook, find_hook(visit, uuid));
    hook = merged(std::move(hook), body);
    MIROIR_CHECK(check_hook(hook));
    visit.desk.put("webhooks", uuid, hook);
    visit.changed = true;
    return ok(view(hook));
}

Result<http::Reply> remove(Visit& visit) {
    MIROIR_TRY(const std::string uuid, parse_path(visit));
    MIROIR_CHECK(refuse_nil(uuid));
    MIROIR_TRY(const json::Value hook, find_hook(visit, uuid));
    visit.desk.put("webhooks", uuid, {});
    visit.changed = true;
    return server::empty_reply(204);
}

constexpr Route kRoutes[] = {
    {"GET", "/webhooks", "webhooks.get", BodyKind::None, list},
    {"POST", "/webhooks", "webhooks.create", BodyKind::Json, create},
    {"GET", "/webhooks/{uuid}", "webhooks.get", BodyKind::None, get},
    {"PATCH", "/webhooks/{uuid}", "webhooks.update", BodyKind::Json, change},
    {"DELETE", "/webhooks/{uuid}", "webhooks.delete", BodyKind::None, remove},
};

}  // namespace

std::span<const Route> webhook_routes() { return kRoutes; }

}  // namespace miroir::node
