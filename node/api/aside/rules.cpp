// Dynamic search rules: kept, listed and shown. See README for how far searches follow them.
#include <algorithm>

#include "node/api/routes.h"
#include "protocol/instance/rule.h"

namespace miroir::node {
namespace {

using protocol::TaskType;

constexpr std::string_view kRuleIndex = ".meili_dsr";  // what the engine shows as the index of such tasks

Result<void> require(Visit& visit, std::string_view route) {
    return visit.desk.require_feature("dynamicSearchRules", "Calling the `" + std::string(route) + "` route");
}

json::Value stored(Visit& visit, const std::string& name) {
    const Shelf& shelf = visit.world().shelf("rules");
    const auto found = shelf.find(name);
    return found == shelf.end() ? json::Value() : found->second;
}

Result<http::Reply> list(Visit& visit) {
    MIROIR_TRY(const protocol::RuleListBody body, protocol::parse_rule_list(visit.body));
    MIROIR_CHECK(require(visit, "POST /dynamic-search-rules"));
    struct Entry {
        std::uint64_t precedence;
        std::string name;
        const json::Value* rule;
    };
    std::vector<Entry> entries;
    for (const auto& [name, rule] : visit.world().shelf("rules")) {
        const json::Value* active = rule.find("active");
        const bool is_active = active == nullptr || (active->is_bool() && active->boolean());
        if (body.filter && body.filter->active && *body.filter->active != is_active) continue;
        if (body.filter && body.filter->query && name.find(*body.filter->query) == std::string::npos) continue;
        const json::Value* precedence = rule.find("precedence");
        entries.push_back({.precedence = precedence != nullptr && precedence->is_unsigned()
                                             ? precedence->unsigned_integer()
                                             : UINT64_MAX,
                           .name = name,
                           .rule = &rule});
    }
    std::ranges::sort(entries, {}, [](const Entry& entry) { return std::tie(entry.precedence, entry.name); });
    std::vector<json::Value> all;
    for (const Entry& entry : entries) all.push_back(protocol::rule_view(entry.name, *entry.rule));
    return ok(paged(std::move(all), {.offset = body.offset, .limit = body.limit}));
}

Result<http::Reply> get(Visit& visit) {
    MIROIR_CHECK(require(visit, "GET /dynamic-search-rules/{uid}"));
    const std::string& name = visit.in.params.get("uid");
    const json::Value rule = stored(visit, name);
    if (rule.is_null()) {
        return fail(ErrorCode::DynamicSearchRuleNotFound, "Dynamic search rule `" + name + "` not found.");
    }
    return ok(protocol::rule_view(name, rule));
}

Result<http::Reply> patch(Visit& visit) {
    MIROIR_CHECK(protocol::check_rule(visit.body));
    MIROIR_CHECK(require(visit, "PATCH /dynamic-search-rules/{uid}"));
    const std::string& name = visit.in.params.get("uid");
    json::Object said;
    json::Value rule = protocol::merged_rule(stored(visit, name), visit.body, said);
    const json::Object details{{"rule", std::move(said)}, {"updatedRules", 1}};
    return enqueue(visit, {.type = TaskType::DsrUpdate,
                           .index_uid = std::string(kRuleIndex),
                           .details = details,
                           .params = json::Object{{"name", name}, {"rule", std::move(rule)}}});
}

Result<http::Reply> remove(Visit& visit) {
    MIROIR_CHECK(require(visit, "DELETE /dynamic-search-rules/{uid}"));
    const std::string& name = visit.in.params.get("uid");
    return enqueue(visit, {.type = TaskType::DsrUpdate,
                           .index_uid = std::string(kRuleIndex),
                           .details = json::Object{{"updatedRules", 1}},
                           .params = json::Object{{"name", name}}});
}

Result<http::Reply> clear(Visit& visit) {
    MIROIR_CHECK(require(visit, "DELETE /dynamic-search-rules"));
    return enqueue(visit, {.type = TaskType::DsrClear,
                           .index_uid = std::string(kRuleIndex),
                           .details = json::Object{{"deletedDocuments", nullptr}}});
}

constexpr std::string_view kOne = "/dynamic-search-rules/{uid}";

constexpr Route kRoutes[] = {
    {"POST", "/dynamic-search-rules", "dynamicSearchRules.get", BodyKind::Json, list},
    {"DELETE", "/dynamic-search-rules", "dynamicSearchRules.delete", BodyKind::None, clear},
    {"GET", kOne, "dynamicSearchRules.get", BodyKind::None, get},
    {"PATCH", kOne, "dynamicSearchRules.update", BodyKind::Json, patch},
    {"DELETE", kOne, "dynamicSearchRules.delete", BodyKind::None, remove},
};

}  // namespace

std::span<const Route> rule_routes() { return kRoutes; }

}  // namespace miroir::node
