// API keys. They are changed at once, without a task.
#include <algorithm>
#include <tuple>

#include "api/routes.h"
#include "protocol/indexes/requests.h"
#include "protocol/keys/uuid.h"

namespace miroir::api {
namespace {

using protocol::ApiKey;

json::Value view(ShelfVisit& visit, const ApiKey& key) {
    return protocol::key_view(key, visit.shelves->ring.master_key);
}

// By uid or by the text of the key.
Result<ApiKey> find_key(ShelfVisit& visit) {
    const std::string& text = visit.in.params.get("key");
    const protocol::KeyRing& ring = visit.shelves->ring;
    const auto uid = protocol::parse_uuid(text);
    const ApiKey* const found = uid ? ring.find_by_uid(*uid) : ring.find_by_text(text);
    if (found == nullptr) return fail(ErrorCode::ApiKeyNotFound, "API key `" + text + "` not found.");
    return *found;
}

Result<http::Reply> list(ShelfVisit& visit) {
    MIROIR_TRY(const protocol::Window window, protocol::parse_window(visit.in.raw_query, ErrorCode::InvalidApiKeyOffset,
                                                                     ErrorCode::InvalidApiKeyLimit));
    std::vector<const ApiKey*> keys;
    for (const auto& [uid, key] : visit.shelves->ring.keys) keys.push_back(&key);
    const auto newer = [](const ApiKey* a, const ApiKey* b) {
        return std::tie(b->created_at, a->uid) < std::tie(a->created_at, b->uid);
    };
    std::ranges::sort(keys, newer);
    std::vector<json::Value> all;
    for (const ApiKey* key : keys) all.push_back(view(visit, *key));
    return ok(protocol::paged(std::move(all), window));
}

Result<http::Reply> create(ShelfVisit& visit) {
    const protocol::Instant now = visit.now();
    MIROIR_TRY(ApiKey key, protocol::parse_new_key(visit.body, now));
    if (key.uid.empty()) key.uid = visit.draw_uuid();
    if (visit.shelves->ring.find_by_uid(key.uid) != nullptr) {
        return fail(ErrorCode::ApiKeyAlreadyExists,
                    "`uid` field value `" + key.uid + "` is already an existing API key.");
    }
    key.created_at = now;
    key.updated_at = now;
    visit.put("keys", key.uid, protocol::key_record(key));
    return server::json_reply(201, view(visit, key));
}

Result<http::Reply> get(ShelfVisit& visit) {
    MIROIR_TRY(const ApiKey key, find_key(visit));
    return ok(view(visit, key));
}

Result<http::Reply> change(ShelfVisit& visit) {
    MIROIR_TRY(const protocol::KeyChange wanted, protocol::parse_key_change(visit.body));
    MIROIR_TRY(ApiKey key, find_key(visit));
    protocol::apply(wanted, key, visit.now());
    visit.put("keys", key.uid, protocol::key_record(key));
    return ok(view(visit, key));
}

Result<http::Reply> remove(ShelfVisit& visit) {
    MIROIR_TRY(const ApiKey key, find_key(visit));
    visit.put("keys", key.uid, {});
    return server::empty_reply(204);
}

constexpr ShelfRoute kRoutes[] = {
    {"GET", "/keys", "keys.get", BodyKind::None, list},
    {"POST", "/keys", "keys.create", BodyKind::Json, create},
    {"GET", "/keys/{key}", "keys.get", BodyKind::None, get},
    {"PATCH", "/keys/{key}", "keys.update", BodyKind::Json, change},
    {"DELETE", "/keys/{key}", "keys.delete", BodyKind::None, remove},
};

}  // namespace

std::span<const ShelfRoute> key_routes() { return kRoutes; }

}  // namespace miroir::api
