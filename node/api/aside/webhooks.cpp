// Webhooks: kept and shown; see README for what is sent.
#include <algorithm>

#include "node/api/routes.h"
#include "protocol/instance/webhook.h"
#include "protocol/keys/uuid.h"

namespace miroir::node {
namespace {

constexpr std::string_view kNil = "00000000-0000-0000-0000-000000000000";

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
                "Webhook `" + uuid +
                    "` is immutable. The webhook defined from the command line cannot be modified "
                    "using the API.");
}

// The engine shows the newest first where their random names allow it: in the order of the names.
Result<http::Reply> list(Visit& visit) {
    std::vector<const json::Value*> hooks;
    for (const auto& [uuid, hook] : visit.world().shelf("webhooks")) hooks.push_back(&hook);
    std::ranges::sort(hooks, std::ranges::greater(),
                      [](const json::Value* hook) { return hook->find("order")->unsigned_integer(); });
    json::Array all;
    for (const json::Value* hook : hooks) all.push_back(protocol::webhook_view(*hook));
    return ok(json::Object{{"results", std::move(all)}});
}

Result<http::Reply> create(Visit& visit) {
    MIROIR_TRY(const protocol::WebhookBody body, protocol::parse_webhook(visit.body));
    const Shelf& shelf = visit.world().shelf("webhooks");
    if (shelf.size() >= protocol::kWebhooksMax) {
        return fail(ErrorCode::InvalidWebhooks,
                    "Defining too many webhooks would crush the server. Please limit the number of webhooks to 20. You "
                    "may use a third-party proxy server to dispatch events to more than 20 endpoints.");
    }
    std::uint64_t order = 0;
    for (const auto& [uuid, hook] : shelf) order = std::max(order, hook.find("order")->unsigned_integer() + 1);
    const std::string uuid = visit.desk.draw_uuid();
    const json::Object fresh{{"uuid", uuid}, {"url", ""}, {"headers", json::Object()}, {"order", order}};
    const json::Value hook = protocol::merged_webhook(fresh, body);
    MIROIR_CHECK(protocol::check_webhook(hook));
    visit.desk.put("webhooks", uuid, hook);
    visit.changed = true;
    return server::json_reply(201, protocol::webhook_view(hook));
}

Result<http::Reply> get(Visit& visit) {
    MIROIR_TRY(const std::string uuid, parse_path(visit));
    MIROIR_TRY(const json::Value hook, find_hook(visit, uuid));
    return ok(protocol::webhook_view(hook));
}

Result<http::Reply> change(Visit& visit) {
    MIROIR_TRY(const std::string uuid, parse_path(visit));
    MIROIR_TRY(const protocol::WebhookBody body, protocol::parse_webhook(visit.body));
    MIROIR_CHECK(refuse_nil(uuid));
    MIROIR_TRY(json::Value hook, find_hook(visit, uuid));
    hook = protocol::merged_webhook(std::move(hook), body);
    MIROIR_CHECK(protocol::check_webhook(hook));
    visit.desk.put("webhooks", uuid, hook);
    visit.changed = true;
    return ok(protocol::webhook_view(hook));
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
