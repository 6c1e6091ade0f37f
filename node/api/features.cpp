// Switches of what is experimental. Changed at once, without a task.
#include "node/api/routes.h"
#include "protocol/fields/fields.h"

namespace miroir::node {
namespace {

using Switches = std::map<std::string_view, std::optional<bool>>;

const protocol::FieldTable<Switches>& table() {
    static const auto made = [] {
        protocol::FieldTable<Switches> out;
        for (const std::string_view name : feature_names()) {
            out = std::move(out).field(name, ErrorCode::BadRequest, [name](Switches& s) -> auto& { return s[name]; });
        }
        return out;
    }();
    return made;
}

Result<http::Reply> get(Visit& visit) { return ok(visit.desk.features_view()); }

Result<http::Reply> patch(Visit& visit) {
    MIROIR_TRY(const Switches switches, table().parse(visit.body));
    for (const auto& [name, wanted] : switches) {
        if (wanted) visit.desk.put("features", name, *wanted);
    }
    visit.changed = true;
    return ok(visit.desk.features_view());
}

constexpr Route kRoutes[] = {
    {"GET", "/experimental-features", "experimental.get", BodyKind::None, get},
    {"PATCH", "/experimental-features", "experimental.update", BodyKind::Json, patch},
};

}  // namespace

std::span<const Route> feature_routes() { return kRoutes; }

}  // namespace miroir::node
