// The control route of the fault table; it exists only where the node was started with it.
#include "node/api/routes.h"
#include "protocol/fields/fields.h"

namespace miroir::node {
namespace {

json::Value view(Visit& visit) {
    json::Array all;
    for (const Fault& fault : visit.desk.faults().faults()) all.push_back(fault_view(fault));
    return json::Object{{"results", std::move(all)}};
}

Result<http::Reply> list(Visit& visit) { return ok(view(visit)); }

struct Wanted {
    std::vector<std::string> faults;
};

// Replaces the whole table: {"faults": ["status=503:share=0.1", …]}.
Result<http::Reply> put(Visit& visit) {
    static const auto table =
        protocol::FieldTable<Wanted>().field("faults", ErrorCode::BadRequest, &Wanted::faults).required();
    MIROIR_TRY(const Wanted wanted, table.parse(visit.body));
    std::vector<Fault> faults;
    for (const std::string& text : wanted.faults) {
        MIROIR_TRY(Fault fault, parse_fault(text));
        faults.push_back(std::move(fault));
    }
    visit.desk.faults().clear();
    for (Fault& fault : faults) visit.desk.faults().add(std::move(fault));
    return ok(view(visit));
}

constexpr Route kRoutes[] = {
    {"GET", "/_node/faults", "keys.get", BodyKind::None, list},
    {"PUT", "/_node/faults", "keys.update", BodyKind::Json, put},
};

}  // namespace

std::span<const Route> fault_routes() { return kRoutes; }

}  // namespace miroir::node
