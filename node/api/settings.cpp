// Settings of an index: all of them, and each by its own sub-route from the protocol's table.
#include <deque>

#include "node/api/routes.h"
#include "protocol/keys/index_uid.h"

namespace miroir::node {
namespace {

using protocol::SettingRow;

Result<http::Reply> enqueue_patch(Visit& visit, const protocol::SettingsPatch& patch, bool resets) {
    const bool may_create = !resets && visit.grant.may_create(visit.index_uid());
    const json::Object params{{"changes", patch.changes}, {"isReset", patch.is_reset}, {"mayCreate", may_create}};
    return enqueue(visit, {.type = protocol::TaskType::SettingsUpdate,
                           .index_uid = visit.index_uid(),
                           .details = protocol::settings_task_details(patch),
                           .params = params});
}

Result<http::Reply> get_all(Visit& visit) {
    MIROIR_TRY(const StoredIndex* stored, visit.desk.open(visit.index_uid()));
    return ok(protocol::to_json(stored->index.settings(), visit.desk.settings_gates()));
}

Result<http::Reply> patch_all(Visit& visit) {
    MIROIR_CHECK(protocol::check_index_uid(visit.index_uid()));
    MIROIR_TRY(const protocol::SettingsPatch patch, protocol::parse_settings(visit.body, visit.desk.settings_gates()));
    return enqueue_patch(visit, patch, false);
}

Result<http::Reply> reset_all(Visit& visit) {
    MIROIR_CHECK(protocol::check_index_uid(visit.index_uid()));
    return enqueue_patch(visit, protocol::reset_settings(), true);
}

const SettingRow& row_of(const Visit& visit) {
    const std::string_view route = visit.in.route;
    return *protocol::setting_by_route(route.substr(route.rfind('/') + 1));
}

Result<http::Reply> get_one(Visit& visit) {
    const SettingRow& row = row_of(visit);
    MIROIR_TRY(const StoredIndex* stored, visit.desk.open(visit.index_uid()));
    return ok(protocol::setting_to_json(stored->index.settings(), row));
}

Result<http::Reply> write_one(Visit& visit) {
    const SettingRow& row = row_of(visit);
    MIROIR_CHECK(protocol::check_index_uid(visit.index_uid()));
    MIROIR_TRY(const protocol::SettingsPatch patch,
               protocol::parse_setting(row, visit.body, visit.desk.settings_gates()));
    return enqueue_patch(visit, patch, false);
}

Result<http::Reply> reset_one(Visit& visit) {
    const SettingRow& row = row_of(visit);
    MIROIR_CHECK(protocol::check_index_uid(visit.index_uid()));
    return enqueue_patch(visit, protocol::reset_setting(row), true);
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

}  // namespace miroir::node
