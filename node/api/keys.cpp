// API keys. They are changed at once, without a task.
#include <algorithm>
#include <tuple>

#include "node/api/routes.h"
#include "protocol/keys/uuid.h"

namespace miroir::node {
namespace {

using protocol::ApiKey;

json::Value view(Visit& visit, const ApiKey& key) { return protocol::key_view(key, visit.desk.options().master_key); }

// By uid or by the text of the key.
Result<ApiKey> find_key(Visit& visit) {
    const std::string& text = visit.in.params.get("key");
    const protocol::KeyRing& ring = visit.desk.ring();
    const auto uid = protocol::parse_uuid(text);
    const ApiKey* const found = uid ? ring.find_by_uid(*uid) : ring.find_by_text(text);
    if (found == nullptr) return fail(ErrorCode::ApiKeyNotFound, "API key `" + text + "` not found.");
    return *found;
}

Result<http::Reply> list(Visit& visit) {
    MIROIR_TRY(const Window window,
               parse_window(visit.in.raw_query, ErrorCode::InvalidApiKeyOffset, ErrorCode::InvalidApiKeyLimit));
    std::vector<const ApiKey*> keys;
    for (const auto& [uid, key] : visit.desk.ring().keys) keys.push_back(&key);
    const auto newer = [](const ApiKey* a, const ApiKey* b) {
        return std::tie(b->created_at, a->uid) < std::tie(a->created_at, b->uid);
    };
    std::ranges::sort(keys, newer);
    std::vector<json::Value> all;
    for (const ApiKey* key : keys) all.push_back(view(visit, *key));
    return ok(paged(std::move(all), window));
}

Result<http::Reply> create(Visit& visit) {
    const protocol::Instant now = visit.desk.now();
    MIROIR_TRY(ApiKey key, protocol::parse_new_key(visit.body, now));
    if (key.uid.empty()) key.uid = visit.desk.draw_uuid();
    if (visit.desk.ring().find_by_uid(key.uid) != nullptr) {
        return fail(ErrorCode::ApiKeyAlreadyExists,
                    "`uid` field value `" + key.uid + "` is already an existing API key.");
    }
    key.created_at = now;
    key.updated_at = now;
    visit.desk.put("keys", key.uid, protocol::key_record(key));
    visit.changed = true;
    return server::json_reply(201, view(visit, key));
}

Result<http::Reply> get(Visit& visit) {
    MIROIR_TRY(const ApiKey key, find_key(visit));
    return ok(view(visit, key));
}

Result<http::Reply> change(Visit& visit) {
    MIROIR_TRY(const protocol::KeyChange wanted, protocol::parse_key_change(visit.body));
    MIROIR_TRY(ApiKey key, find_key(visit));
    protocol::apply(wanted, key, visit.desk.now());
    visit.desk.put("keys", key.uid, protocol::key_record(key));
    visit.changed = true;
    return ok(view(visit, key));
}

Result<http::Reply> remove(Visit& visit) {
    MIROIR_TRY(const ApiKey key, find_key(visit));
    visit.desk.put("keys", key.uid, {});
    visit.changed = true;
    return server::empty_reply(204);
}

constexpr Route kRoutes[] = {
    {"GET", "/keys", "keys.get", BodyKind::None, list},
    {"POST", "/keys", "keys.create", BodyKind::Json, create},
    {"GET", "/keys/{key}", "keys.get", BodyKind::None, get},
    {"PATCH", "/keys/{key}", "keys.update", BodyKind::Json, change},
    {"DELETE", "/keys/{key}", "keys.delete", BodyKind::None, remove},
};

}  // namespace

std::span<const Route> key_routes() { return kRoutes; }

}  // namespace miroir::node
