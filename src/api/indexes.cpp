// Indexes: list, create, change, delete, swap.
#include "api/routes.h"
#include "protocol/indexes/requests.h"
#include "protocol/keys/index_uid.h"
#include "protocol/tasks/dates.h"

namespace miroir::api {
namespace {

using Reply = env::Task<Result<http::Reply>>;

std::string date_of(std::int64_t ns) { return protocol::rfc3339(protocol::Instant(std::chrono::nanoseconds(ns))); }

json::Value view_of(const plan::IndexEntry& index) {
    return json::Object{{"uid", index.uid.value},
                        {"createdAt", date_of(index.created_at_ns)},
                        {"updatedAt", date_of(index.updated_at_ns)},
                        {"primaryKey", index.primary_key ? json::Value(*index.primary_key) : json::Value()}};
}

Reply answer(env::Task<Result<quorum::Receipt>> writing) {
    const Result<quorum::Receipt> receipt = co_await writing;
    if (!receipt) co_return fail(receipt.error());
    co_return receipt_reply(*receipt);
}

Reply list(Visit visit) {
    MIROIR_CO_TRY(
        const protocol::Window window,
        protocol::parse_window(visit.in.raw_query, ErrorCode::InvalidIndexOffset, ErrorCode::InvalidIndexLimit));
    std::vector<json::Value> all;
    const plan::CatalogPtr catalog = visit.desk.catalog();
    for (const auto& [uid, index] : catalog->indexes) {
        if (visit.grant.allows(uid.value)) all.push_back(view_of(*index));
    }
    co_return ok(protocol::paged(std::move(all), window));
}

Reply get(Visit visit) {
    MIROIR_CO_TRY(const plan::IndexPtr index, visit.desk.open(visit.index_text()));
    co_return ok(view_of(*index));
}

Reply create(Visit visit) {
    MIROIR_CO_TRY(const protocol::IndexCreation wanted, protocol::parse_index_creation(visit.body));
    if (!visit.grant.allows(wanted.uid)) co_return fail(ErrorCode::InvalidApiKey, "The provided API key is invalid.");
    IndexUid uid{wanted.uid};
    co_return co_await answer(visit.desk.ask(visit.desk.office().create_index(std::move(uid), wanted.primary_key)));
}

Reply change(Visit visit) {
    MIROIR_CO_CHECK(protocol::check_index_uid(visit.index_text()));
    MIROIR_CO_TRY(const protocol::IndexChange wanted, protocol::parse_index_change(visit.body));
    quorum::IndexWish wish{.primary_key = wanted.primary_key, .name = std::nullopt};
    if (wanted.uid) wish.name = IndexUid{*wanted.uid};
    co_return co_await answer(visit.desk.ask(visit.desk.office().change_index(visit.index_uid(), std::move(wish))));
}

Reply compact(Visit visit) {
    MIROIR_CO_CHECK(protocol::check_index_uid(visit.index_text()));
    co_return co_await answer(visit.desk.ask(visit.desk.office().compact_index(visit.index_uid())));
}

Reply remove(Visit visit) {
    MIROIR_CO_CHECK(protocol::check_index_uid(visit.index_text()));
    co_return co_await answer(visit.desk.ask(visit.desk.office().delete_index(visit.index_uid())));
}

Reply swap(Visit visit) {
    const auto allowed = [&](std::string_view uid) { return visit.grant.allows(uid); };
    MIROIR_CO_TRY(const std::vector<protocol::IndexSwap> wanted, protocol::parse_index_swaps(visit.body, allowed));
    std::vector<quorum::Swap> swaps;
    for (const protocol::IndexSwap& pair : wanted) {
        swaps.push_back(
            {.first = IndexUid{pair.indexes[0]}, .second = IndexUid{pair.indexes[1]}, .rename = pair.rename});
    }
    co_return co_await answer(visit.desk.ask(visit.desk.office().swap_indexes(std::move(swaps))));
}

constexpr Route kRoutes[] = {
    {"GET", "/indexes", "indexes.get", BodyKind::None, list},
    {"POST", "/indexes", "indexes.create", BodyKind::Json, create},
    {"GET", "/indexes/{index_uid}", "indexes.get", BodyKind::None, get},
    {"PATCH", "/indexes/{index_uid}", "indexes.update", BodyKind::Json, change},
    {"DELETE", "/indexes/{index_uid}", "indexes.delete", BodyKind::None, remove},
    {"POST", "/indexes/{index_uid}/compact", "indexes.compact", BodyKind::None, compact},
    {"POST", "/swap-indexes", "indexes.swap", BodyKind::Json, swap},
};

}  // namespace

std::span<const Route> index_routes() { return kRoutes; }

}  // namespace miroir::api
