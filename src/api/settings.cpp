// Settings of an index: all of them, and each by its own sub-route from the protocol's table. Shown and checked here;
// what the nodes are given is derived (plan/node_settings.h).
#include <deque>

#include "api/routes.h"
#include "protocol/documents/requests.h"
#include "protocol/keys/index_uid.h"
#include "protocol/settings/settings.h"

namespace miroir::api {
namespace {

using Reply = env::Task<Result<http::Reply>>;
using protocol::SettingRow;

Reply change(const Visit& visit, quorum::SettingsWish wish) {
    Desk& desk = visit.desk;
    wish.may_create = !wish.is_reset && visit.grant.may_create(visit.index_text());
    const Result<quorum::Receipt> receipt =
        co_await desk.ask(desk.office().change_settings(visit.index_uid(), std::move(wish)));
    if (!receipt) co_return fail(receipt.error());
    co_return receipt_reply(*receipt);
}

Reply get_all(Visit visit) {
    MIROIR_CO_TRY(const plan::IndexPtr index, visit.desk.open(visit.index_text()));
    co_return ok(protocol::to_json(index->settings, visit.desk.settings_gates()));
}

Reply patch_all(Visit visit) {
    MIROIR_CO_CHECK(protocol::check_index_uid(visit.index_text()));
    MIROIR_CO_TRY(protocol::SettingsPatch patch, protocol::parse_settings(visit.body, visit.desk.settings_gates()));
    quorum::SettingsWish wish{.patch = std::move(patch)};
    co_return co_await change(visit, std::move(wish));
}

Reply reset_all(Visit visit) {
    MIROIR_CO_CHECK(protocol::check_index_uid(visit.index_text()));
    quorum::SettingsWish wish{.patch = protocol::reset_settings(), .is_reset = true};
    co_return co_await change(visit, std::move(wish));
}

const SettingRow& row_of(const Visit& visit) {
    const std::string_view route = visit.in.route;
    return *protocol::setting_by_route(route.substr(route.rfind('/') + 1));
}

Reply get_one(Visit visit) {
    MIROIR_CO_TRY(const plan::IndexPtr index, visit.desk.open(visit.index_text()));
    co_return ok(protocol::setting_to_json(index->settings, row_of(visit)));
}

Reply write_one(Visit visit) {
    MIROIR_CO_CHECK(protocol::check_index_uid(visit.index_text()));
    MIROIR_CO_TRY(protocol::SettingsPatch patch,
                  protocol::parse_setting(row_of(visit), visit.body, visit.desk.settings_gates()));
    quorum::SettingsWish wish{.patch = std::move(patch)};
    co_return co_await change(visit, std::move(wish));
}

Reply reset_one(Visit visit) {
    MIROIR_CO_CHECK(protocol::check_index_uid(visit.index_text()));
    quorum::SettingsWish wish{.patch = protocol::reset_setting(row_of(visit)), .is_reset = true};
    co_return co_await change(visit, std::move(wish));
}

std::vector<Route> make_routes() {
    constexpr std::string_view kAll = "/indexes/{index_uid}/settings";
    std::vector<Route> out = {
        {"GET", kAll, "settings.get", BodyKind::None, get_all},
        {"PATCH", kAll, "settings.update", BodyKind::Json, patch_all},
        {"DELETE", kAll, "settings.update", BodyKind::None, reset_all},
    };
    static std::deque<std::string> patterns;  // routes refer to their text
    for (const SettingRow& row : protocol::setting_rows()) {
        const std::string_view path = patterns.emplace_back(std::string(kAll) + "/" + std::string(row.route));
        out.push_back({"GET", path, "settings.get", BodyKind::None, get_one});
        out.push_back({row.verb, path, "settings.update", BodyKind::Json, write_one});
        out.push_back({"DELETE", path, "settings.update", BodyKind::None, reset_one});
    }
    return out;
}

}  // namespace

std::span<const Route> settings_routes() {
    static const std::vector<Route> routes = make_routes();
    return routes;
}

}  // namespace miroir::api
