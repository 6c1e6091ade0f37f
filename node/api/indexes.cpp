// Indexes: list, create, change, delete, swap, compact.
#include <algorithm>
#include <set>

#include "json/write.h"
#include "node/api/routes.h"
#include "node/api/stats.h"
#include "protocol/fields/fields.h"
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

struct IndexWish {
    std::string uid;
    std::optional<std::string> primary_key;
};

Result<void> read_uid(IndexWish& out, const json::Value& value, const Place& place) {
    MIROIR_CHECK(protocol::read(value, place, out.uid));
    if (!protocol::is_index_uid(out.uid)) return place.unexpected(protocol::invalid_index_uid_text(out.uid));
    return {};
}

Result<http::Reply> create(Visit& visit) {
    static const auto table = protocol::FieldTable<IndexWish>()
                                  .field("uid", ErrorCode::InvalidIndexUid, read_uid)
                                  .required(ErrorCode::MissingIndexUid)
                                  .field("primaryKey", ErrorCode::InvalidIndexPrimaryKey, &IndexWish::primary_key);
    MIROIR_TRY(const IndexWish wanted, table.parse(visit.body));
    if (!visit.grant.allows(wanted.uid)) return fail(ErrorCode::InvalidApiKey, "The provided API key is invalid.");
    const json::Object details{{"primaryKey", or_null(wanted.primary_key)}};
    return enqueue(visit,
                   {.type = TaskType::IndexCreation, .index_uid = wanted.uid, .details = details, .params = details});
}

struct IndexChange {
    std::optional<std::string> primary_key;
    std::optional<std::string> uid;
};

Result<void> refuse_immutable(std::string_view key, std::span<const std::string_view> known, const Place& place) {
    const bool created = key == "createdAt";
    if (!created && key != "updatedAt") return place.unknown_key(key, known);
    return fail(created ? ErrorCode::ImmutableIndexCreatedAt : ErrorCode::ImmutableIndexUpdatedAt,
                "Immutable field `" + std::string(key) + "`: expected one of " + protocol::quoted_list(known));
}

Result<http::Reply> change(Visit& visit) {
    static const auto table = protocol::FieldTable<IndexChange>()
                                  .field("primaryKey", ErrorCode::InvalidIndexPrimaryKey, &IndexChange::primary_key)
                                  .field("uid", ErrorCode::InvalidIndexUid, &IndexChange::uid)
                                  .unknown(refuse_immutable);
    MIROIR_CHECK(protocol::check_index_uid(visit.index_uid()));
    MIROIR_TRY(const IndexChange wanted, table.parse(visit.body));
    if (wanted.uid) MIROIR_CHECK(protocol::check_index_uid(*wanted.uid));
    json::Object details{{"primaryKey", or_null(wanted.primary_key)}};
    if (wanted.uid) {
        details.set("oldIndexUid", visit.index_uid());
        details.set("newIndexUid", *wanted.uid);
    }
    const json::Object params{{"primaryKey", or_null(wanted.primary_key)}, {"uid", or_null(wanted.uid)}};
    return enqueue(
        visit,
        {.type = TaskType::IndexUpdate, .index_uid = visit.index_uid(), .details = details, .params = params});
}

Result<http::Reply> remove(Visit& visit) {
    MIROIR_CHECK(protocol::check_index_uid(visit.index_uid()));
    return enqueue(visit, {.type = TaskType::IndexDeletion,
                           .index_uid = visit.index_uid(),
                           .details = json::Object{{"deletedDocuments", nullptr}}});
}

Result<http::Reply> stats(Visit& visit) {
    MIROIR_CHECK(protocol::check_index_uid(visit.index_uid()));
    MIROIR_TRY(const StatsQuery query, parse_stats_query(visit.in.raw_query));
    MIROIR_TRY(const StoredIndex* stored, visit.desk.open(visit.index_uid()));
    return ok(index_stats(visit.world(), visit.index_uid(), *stored, query));
}

Result<http::Reply> compact(Visit& visit) {
    MIROIR_CHECK(protocol::check_index_uid(visit.index_uid()));
    return enqueue(
        visit, {.type = TaskType::IndexCompaction, .index_uid = visit.index_uid(), .details = json::Object()});
}

struct SwapBody {
    std::vector<std::string> indexes;
    bool rename = false;
};

Result<void> read_pair(SwapBody& out, const json::Value& value, const Place& place) {
    MIROIR_CHECK(protocol::read(value, place, out.indexes));
    for (std::size_t i = 0; i < out.indexes.size(); ++i) {
        if (protocol::is_index_uid(out.indexes[i])) continue;
        return place.at(i).unexpected(protocol::invalid_index_uid_text(out.indexes[i]));
    }
    return {};
}

Result<void> read(const json::Value& value, const Place& place, SwapBody& out) {
    static const auto table = protocol::FieldTable<SwapBody>()
                                  .field("indexes", ErrorCode::InvalidSwapIndexes, read_pair)
                                  .required(ErrorCode::MissingSwapIndexes)
                                  .field("rename", ErrorCode::InvalidSwapRename, &SwapBody::rename);
    return table.read(value, place, out);
}

Result<void> check_swaps(const Visit& visit, const std::vector<SwapBody>& swaps) {
    std::set<std::string> seen;
    std::vector<std::string> twice;
    for (const SwapBody& swap : swaps) {
        if (swap.indexes.size() != 2) {
            json::Array list;
            for (const std::string& uid : swap.indexes) list.emplace_back(uid);
            std::string text;
            for (const json::Value& uid : list) text += (text.empty() ? "" : ", ") + json::to_text(uid);
            return fail(ErrorCode::InvalidSwapIndexes, "Two indexes must be given for each swap. The list `[" + text +
                                                           "]` contains " + std::to_string(swap.indexes.size()) +
                                                           " indexes.");
        }
        for (const std::string& uid : swap.indexes) {
            if (!visit.grant.allows(uid)) return fail(ErrorCode::InvalidApiKey, "The provided API key is invalid.");
            if (!seen.insert(uid).second && std::ranges::find(twice, uid) == twice.end()) twice.push_back(uid);
        }
    }
    if (twice.empty()) return {};
    std::string names;
    for (const std::string& uid : twice) names += (names.empty() ? "`" : ", `") + uid + "`";
    return fail(ErrorCode::InvalidSwapDuplicateIndexFound,
                "Indexes must be declared only once during a swap. " + names +
                    (twice.size() == 1 ? " was specified several times." : " were specified several times."));
}

Result<http::Reply> swap(Visit& visit) {
    std::vector<SwapBody> swaps;
    const Place root;
    if (!visit.body.is_array()) return root.wrong_kind(visit.body, {protocol::Kind::Sequence});
    for (std::size_t i = 0; i < visit.body.array().size(); ++i) {
        SwapBody one;
        MIROIR_CHECK(read(visit.body.array()[i], root.at(i), one));
        swaps.push_back(std::move(one));
    }
    MIROIR_CHECK(check_swaps(visit, swaps));
    json::Array list;
    for (const SwapBody& one : swaps) {
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
