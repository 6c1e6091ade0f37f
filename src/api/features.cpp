// Switches of what is experimental, as the client sees them. Changed at once, without a task; the office tells the
// nodes what they must know of it.
#include "api/routes.h"
#include "protocol/fields/fields.h"

namespace miroir::api {
namespace {

using Switches = std::map<std::string_view, std::optional<bool>>;

const protocol::FieldTable<Switches>& table() {
    static const auto made = [] {
        protocol::FieldTable<Switches> out;
        for (const protocol::FeatureRow& row : protocol::feature_rows()) {
            const std::string_view name = row.name;
            out = std::move(out).field(name, ErrorCode::BadRequest, [name](Switches& s) -> auto& { return s[name]; });
        }
        return out;
    }();
    return made;
}

json::Object view(const quorum::Shelves& shelves) {
    json::Object out;
    for (const protocol::FeatureRow& row : protocol::feature_rows())
        out.append(std::string(row.name), shelves.feature(row.feature));
    return out;
}

Result<http::Reply> get(ShelfVisit& visit) { return ok(view(*visit.shelves)); }

Result<http::Reply> patch(ShelfVisit& visit) {
    MIROIR_TRY(const Switches switches, table().parse(visit.body));
    json::Object after = view(*visit.shelves);
    for (const auto& [name, wanted] : switches) {
        if (!wanted) continue;
        visit.put("features", std::string(name), *wanted);
        after.set(name, *wanted);
    }
    return ok(after);
}

constexpr ShelfRoute kRoutes[] = {
    {"GET", "/experimental-features", "experimental.get", BodyKind::None, get},
    {"PATCH", "/experimental-features", "experimental.update", BodyKind::Json, patch},
};

}  // namespace

std::span<const ShelfRoute> feature_routes() { return kRoutes; }

}  // namespace miroir::api
