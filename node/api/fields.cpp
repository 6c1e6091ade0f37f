// POST /indexes/{uid}/fields: every name of an index, nested ones too, and what the settings make of it.
#include <algorithm>

#include "node/api/routes.h"
#include "protocol/indexes/field_facts.h"

namespace miroir::node {
namespace {

Result<http::Reply> list(Visit& visit) {
    MIROIR_TRY(const protocol::FieldsQuery query, protocol::parse_fields_query(visit.body));
    MIROIR_TRY(const StoredIndex* stored, visit.desk.open(visit.index_uid()));
    std::vector<std::string> names = stored->index.fields().names();
    std::ranges::sort(names);
    std::vector<json::Value> all;
    for (const std::string& name : names) {
        const protocol::FieldFacts facts = protocol::field_facts(stored->index.settings(), name);
        if (!query.filter || protocol::field_passes(*query.filter, name, facts)) {
            all.push_back(protocol::field_view(name, facts));
        }
    }
    return ok(paged(std::move(all), {.offset = query.offset, .limit = query.limit}));
}

constexpr Route kRoutes[] = {{"POST", "/indexes/{index_uid}/fields", "fields.post", BodyKind::Json, list}};

}  // namespace

std::span<const Route> field_routes() { return kRoutes; }

}  // namespace miroir::node
