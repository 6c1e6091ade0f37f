// A webhook as clients define and see it: what is refused, how a change is laid over what was there, and the secrets
// that are never shown. Pure.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "json/value.h"
#include "protocol/fields/read.h"

namespace miroir::protocol {

inline constexpr std::size_t kWebhooksMax = 20;
// The webhook of the operator's configuration: shown, and closed to changes.
inline constexpr std::string_view kFixedWebhookUuid = "00000000-0000-0000-0000-000000000000";
json::Value fixed_webhook(const std::string& url, const std::string& authorization);  // null without a url

struct WebhookBody {
    Setting<std::string> url;
    Setting<std::map<std::string, Setting<std::string>>> headers;
};
Result<WebhookBody> parse_webhook(const json::Value& body);

// A stored webhook is {"uuid", "url", "headers", …}.
json::Value merged_webhook(json::Value hook, const WebhookBody& body);
Result<void> check_webhook(const json::Value& hook);
json::Value webhook_view(const json::Value& hook);

}  // namespace miroir::protocol
