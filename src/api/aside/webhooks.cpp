// Webhooks: kept and shown. The one of the configuration cannot be changed.
#include <algorithm>

#include "api/routes.h"
#include "protocol/instance/webhook.h"
#include "protocol/keys/uuid.h"

namespace miroir::api {
namespace {

Result<std::string> parse_path(ShelfVisit& visit) {
    auto uuid = protocol::parse_uuid(visit.in.params.get("uuid"));
    if (uuid) return *uuid;
    std::string why = uuid.error();
    constexpr std::string_view kPlain = "expected length 32 for simple format, ";
    if (const std::size_t at = why.find(kPlain); at != std::string::npos) why.erase(at, kPlain.size());
    return fail(ErrorCode::InvalidWebhookUuid, "Invalid UUID: " + why);
}

Result<json::Value> find_hook(ShelfVisit& visit, const std::string& uuid) {
    const json::Value& fixed = visit.desk.options().fixed_webhook;
    if (uuid == protocol::kFixedWebhookUuid && !fixed.is_null()) return fixed;
    const quorum::Shelf& shelf = visit.shelf("webhooks");
    const auto found = shelf.find(uuid);
    if (found == shelf.end()) return fail(ErrorCode::WebhookNotFound, "Webhook `" + uuid + "` not found.");
    return found->second;
}

Result<void> refuse_nil(const std::string& uuid) {
    if (uuid != protocol::kFixedWebhookUuid) return {};
    return fail(ErrorCode::ImmutableWebhook,
                "Webhook `" + uuid +
                    "` is immutable. The webhook defined from the command line cannot be modified "
                    "using the API.");
}

// The engine shows the newest first where their random names allow it: in the order of the names.
Result<http::Reply> list(ShelfVisit& visit) {
    std::vector<const json::Value*> hooks;
    for (const auto& [uuid, hook] : visit.shelf("webhooks")) hooks.push_back(&hook);
    std::ranges::sort(hooks, std::ranges::greater(),
                      [](const json::Value* hook) { return hook->find("order")->unsigned_integer(); });
    json::Array all;
    const json::Value& fixed = visit.desk.options().fixed_webhook;
    if (!fixed.is_null()) all.push_back(protocol::webhook_view(fixed));
    for (const json::Value* hook : hooks) all.push_back(protocol::webhook_view(*hook));
    return ok(json::Object{{"results", std::move(all)}});
}

Result<http::Reply> create(ShelfVisit& visit) {
    MIROIR_TRY(const protocol::WebhookBody body, protocol::parse_webhook(visit.body));
    const quorum::Shelf& shelf = visit.shelf("webhooks");
    if (shelf.size() >= protocol::kWebhooksMax) {
        return fail(ErrorCode::InvalidWebhooks,
                    "Defining too many webhooks would crush the server. Please limit the number of webhooks to 20. You "
                    "may use a third-party proxy server to dispatch events to more than 20 endpoints.");
    }
    std::uint64_t order = 0;
    for (const auto& [uuid, hook] : shelf) order = std::max(order, hook.find("order")->unsigned_integer() + 1);
    const std::string uuid = visit.draw_uuid();
    const json::Value hook = protocol::merged_webhook(
        json::Object{{"uuid", uuid}, {"url", ""}, {"headers", json::Object()}, {"order", order}}, body);
    MIROIR_CHECK(protocol::check_webhook(hook));
    visit.put("webhooks", uuid, hook);
    return server::json_reply(201, protocol::webhook_view(hook));
}

Result<http::Reply> get(ShelfVisit& visit) {
    MIROIR_TRY(const std::string uuid, parse_path(visit));
    MIROIR_TRY(const json::Value hook, find_hook(visit, uuid));
    return ok(protocol::webhook_view(hook));
}

Result<http::Reply> change(ShelfVisit& visit) {
    MIROIR_TRY(const std::string uuid, parse_path(visit));
    MIROIR_TRY(const protocol::WebhookBody body, protocol::parse_webhook(visit.body));
    MIROIR_CHECK(refuse_nil(uuid));
    MIROIR_TRY(json::Value hook, find_hook(visit, uuid));
    hook = protocol::merged_webhook(std::move(hook), body);
    MIROIR_CHECK(protocol::check_webhook(hook));
    visit.put("webhooks", uuid, hook);
    return ok(protocol::webhook_view(hook));
}

Result<http::Reply> remove(ShelfVisit& visit) {
    MIROIR_TRY(const std::string uuid, parse_path(visit));
    MIROIR_CHECK(refuse_nil(uuid));
    MIROIR_TRY(const json::Value hook, find_hook(visit, uuid));
    visit.put("webhooks", uuid, {});
    return server::empty_reply(204);
}

constexpr ShelfRoute kRoutes[] = {
    {"GET", "/webhooks", "webhooks.get", BodyKind::None, list},
    {"POST", "/webhooks", "webhooks.create", BodyKind::Json, create},
    {"GET", "/webhooks/{uuid}", "webhooks.get", BodyKind::None, get},
    {"PATCH", "/webhooks/{uuid}", "webhooks.update", BodyKind::Json, change},
    {"DELETE", "/webhooks/{uuid}", "webhooks.delete", BodyKind::None, remove},
};

}  // namespace

std::span<const ShelfRoute> webhook_routes() { return kRoutes; }

}  // namespace miroir::api
