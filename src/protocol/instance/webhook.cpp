#include "protocol/instance/webhook.h"

#include <algorithm>

#include "protocol/fields/fields.h"
#include "protocol/settings/settings.h"
#include "protocol/url_fault.h"

namespace miroir::protocol {
namespace {

constexpr std::size_t kHeadersMax = 200;

Result<void> refuse_immutable(std::string_view key, std::span<const std::string_view> known, const Place& place) {
    const bool uuid = key == "uuid";
    if (!uuid && key != "isEditable") return place.unknown_key(key, known);
    return fail(uuid ? ErrorCode::ImmutableWebhookUuid : ErrorCode::ImmutableWebhookIsEditable,
                "Immutable field `" + std::string(key) + "`: expected one of " + quoted_list(known));
}

std::string masked(const std::string& name, const std::string& value) {
    std::string lower = name;
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (lower != "authorization") return value;
    constexpr std::string_view kBearer = "Bearer ";
    if (value.starts_with(kBearer)) {
        return std::string(kBearer) + masked_secret(value.substr(kBearer.size()));
    }
    return masked_secret(value);
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
    if (const auto fault = url_fault(url))
        return fail(ErrorCode::InvalidWebhookUrl, "Invalid URL `" + url + "`: " + std::string(*fault));
    return {};
}

}  // namespace

json::Value fixed_webhook(const std::string& url, const std::string& authorization) {
    if (url.empty()) return {};
    json::Object headers;
    if (!authorization.empty()) headers.append("Authorization", authorization);
    return json::Object{
        {"uuid", kFixedWebhookUuid}, {"url", url}, {"headers", std::move(headers)}, {"order", std::uint64_t{0}}};
}

Result<WebhookBody> parse_webhook(const json::Value& body) {
    static const auto table = FieldTable<WebhookBody>()
                                  .field("url", ErrorCode::InvalidWebhookUrl, &WebhookBody::url)
                                  .field("headers", ErrorCode::InvalidWebhookHeaders, &WebhookBody::headers)
                                  .unknown(refuse_immutable);
    return table.parse(body);
}

json::Value webhook_view(const json::Value& hook) {
    json::Object headers;
    std::map<std::string, std::string> sorted;
    for (const json::Member& header : hook.find("headers")->object()) sorted[header.first] = header.second.string();
    for (const auto& [name, value] : sorted) headers.append(name, masked(name, value));
    return json::Object{{"uuid", *hook.find("uuid")},
                        {"isEditable", hook.find("uuid")->string() != kFixedWebhookUuid},
                        {"url", *hook.find("url")},
                        {"headers", std::move(headers)}};
}

Result<void> check_webhook(const json::Value& hook) {
    const std::string& uuid = hook.find("uuid")->string();
    const std::string& url = hook.find("url")->string();
    if (url.empty()) {
        return fail(ErrorCode::InvalidWebhookUrl, "The URL for the webhook `" + uuid + "` is missing.");
    }
    MIROIR_CHECK(check_url(url));
    const json::Object& headers = hook.find("headers")->object();
    if (headers.size() > kHeadersMax) {
        return fail(ErrorCode::InvalidWebhookHeaders,
                    "Too many headers for the webhook `" + uuid +
                        "`. Please limit the number of headers to 200. "
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

json::Value merged_webhook(json::Value hook, const WebhookBody& body) {
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

}  // namespace miroir::protocol
