// Indexes: list, create, change, delete, swap, compact.
#include <algorithm>
#include <set>

#include "json/write.h"
#include "node/api/routes.h"
#include "node/api/stats.h"
#include "protocol/indexes/requests.h"
#include "protocol/keys/index_uid.h"

namespace miroir::node {
namespace {

using protocol::Place;
using protocol::TaskType;

json::Value index_view(std::string_view uid, const StoredIndex& stored) {
    json::Object out;
    out.append("uid", uid);
    out.append("createdAt", protocol::rfc3339(stored.created_at));
    out.append("updatedAt", protocol::rfc3339(stored.updated_at));
    const auto& key = stored.index.primary_key();
    out.append("primaryKey", key ? json::Value(*key) : json::Value());
    return out;
}

Result<http::Reply> list(Visit& visit) {
    MIROIR_TRY(const Window window,
               parse_window(visit.in.raw_query, ErrorCode::InvalidIndexOffset, ErrorCode::InvalidIndexLimit));
    std::vector<json::Value> all;
    for (const auto& [uid, stored] : visit.world().indexes) {
        if (visit.grant.allows(uid)) all.push_back(index_view(uid, stored));
    }
    return ok(paged(std::move(all), window));
}

Result<http::Reply> get(Visit& visit) {
    MIROIR_TRY(const StoredIndex* stored, visit.desk.open(visit.index_uid()));
    return ok(index_view(visit.index_uid(), *stored));
}

json::Value or_null(const std::optional<std::string>& text) { return text ? json::Value(*text) : json::Value(); }

Result<http::Reply> create(Visit& visit) {
    MIROIR_TRY(const protocol::IndexCreation wanted, protocol::parse_index_creation(visit.body));
    if (!visit.grant.allows(wanted.uid)) return fail(ErrorCode::InvalidApiKey, "The provided API key is invalid.");
    const json::Object details{{"primaryKey", or_null(wanted.primary_key)}};
    return enqueue(visit,
                   {.type = TaskType::IndexCreation, .index_uid = wanted.uid, .details = details, .params = details});
}

Result<http::Reply> change(Visit& visit) {
    MIROIR_CHECK(protocol::check_index_uid(visit.index_uid()));
    MIROIR_TRY(const protocol::IndexChange wanted, protocol::parse_index_change(visit.body));
    json::Object details{{"primaryKey", or_null(wanted.primary_key)}};
    if (wanted.uid) {
        details.set("oldIndexUid", visit.index_uid());
        details.set("newIndexUid", *wanted.uid);
    }
    const json::Object params{{"primaryKey", or_null(wanted.primary_key)}, {"uid", or_null(wanted.uid)}};
    return enqueue(
        visit, {.type = TaskType::IndexUpdate, .index_uid = visit.index_uid(), .details = details, .params = params});
}

Result<http::Reply> remove(Visit& visit) {
    MIROIR_CHECK(protocol::check_index_uid(visit.index_uid()));
    return enqueue(visit, {.type = TaskType::IndexDeletion,
                           .index_uid = visit.index_uid(),
                           .details = json::Object{{"deletedDocuments", nullptr}}});
}

Result<http::Reply> stats(Visit& visit) {
    MIROIR_CHECK(protocol::check_index_uid(visit.index_uid()));
    MIROIR_TRY(const protocol::StatsQuery query, protocol::parse_stats_query(visit.in.raw_query));
    MIROIR_TRY(const StoredIndex* stored, visit.desk.open(visit.index_uid()));
    return ok(index_stats(visit.world(), visit.index_uid(), *stored, query));
}

Result<http::Reply> compact(Visit& visit) {
    MIROIR_CHECK(protocol::check_index_uid(visit.index_uid()));
    return enqueue(visit,
                   {.type = TaskType::IndexCompaction, .index_uid = visit.index_uid(), .details = json::Object()});
}

Result<http::Reply> swap(Visit& visit) {
    const auto allowed = [&](std::string_view uid) { return visit.grant.allows(uid); };
    MIROIR_TRY(const std::vector<protocol::IndexSwap> swaps, protocol::parse_index_swaps(visit.body, allowed));
    json::Array list;
    for (const protocol::IndexSwap& one : swaps) {
        list.push_back(json::Object{{"indexes", json::Array{one.indexes[0], one.indexes[1]}}, {"rename", one.rename}});
    }
    const json::Object details{{"swaps", std::move(list)}};
    return enqueue(visit, {.type = TaskType::IndexSwap, .details = details, .params = details});
}

constexpr Route kRoutes[] = {
    {"GET", "/indexes", "indexes.get", BodyKind::None, list},
    {"POST", "/indexes", "indexes.create", BodyKind::Json, create},
    {"GET", "/indexes/{index_uid}", "indexes.get", BodyKind::None, get},
    {"PATCH", "/indexes/{index_uid}", "indexes.update", BodyKind::Json, change},
    {"DELETE", "/indexes/{index_uid}", "indexes.delete", BodyKind::None, remove},
    {"GET", "/indexes/{index_uid}/stats", "stats.get", BodyKind::None, stats},
    {"POST", "/indexes/{index_uid}/compact", "indexes.compact", BodyKind::None, compact},
    {"POST", "/swap-indexes", "indexes.swap", BodyKind::Json, swap},
};

}  // namespace

std::span<const Route> index_routes() { return kRoutes; }

}  // namespace miroir::node
