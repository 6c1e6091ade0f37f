// Dynamic search rules: kept, listed and shown. See README for how far searches follow them.
#include <algorithm>

#include "json/write.h"
#include "node/api/routes.h"
#include "protocol/fields/fields.h"

namespace miroir::node {
namespace {

using protocol::FieldTable;
using protocol::Place;
using protocol::Setting;
using protocol::TaskType;

constexpr std::string_view kRuleIndex = ".meili_dsr";  // what the engine shows as the index of such tasks

Result<void> require(Visit& visit, std::string_view route) {
    return visit.desk.require_feature("dynamicSearchRules", "Calling the `" + std::string(route) + "` route");
}

struct Selector {
    std::string index_uid;
    std::string id;
};
struct Deed {
    std::string type;
    std::uint64_t position = 0;
};
struct Action {
    Selector selector;
    Deed action;
};

Result<void> read_deed_type(Deed& out, const json::Value& value, const Place& place) {
    static constexpr std::string_view kWords[] = {"pin"};
    MIROIR_TRY(const std::size_t at, protocol::read_word(value, place, kWords));
    out.type = kWords[at];
    return {};
}

constexpr ErrorCode kActions = ErrorCode::InvalidDynamicSearchRuleActions;

Result<void> read(const json::Value& value, const Place& place, Selector& out) {
    static const auto table = FieldTable<Selector>()
                                  .code(kActions)
                                  .field("indexUid", kActions, &Selector::index_uid)
                                  .required()
                                  .field("id", kActions, &Selector::id)
                                  .required();
    return table.read(value, place, out);
}
Result<void> read(const json::Value& value, const Place& place, Deed& out) {
    static const auto table = FieldTable<Deed>()
                                  .code(kActions)
                                  .field("type", kActions, read_deed_type)
                                  .required()
                                  .field("position", kActions, &Deed::position)
                                  .required();
    return table.read(value, place, out);
}
Result<void> read(const json::Value& value, const Place& place, Action& out) {
    static const auto table = FieldTable<Action>()
                                  .code(kActions)
                                  .field("selector", kActions, &Action::selector)
                                  .required()
                                  .field("action", kActions, &Action::action)
                                  .required();
    return table.read(value, place, out);
}

struct RuleBody {
    Setting<std::string> description;
    Setting<std::uint64_t> precedence;
    std::optional<bool> active;
    Setting<json::Value> conditions;
    Setting<std::vector<Action>> actions;
};

Result<void> read_conditions(RuleBody& out, const json::Value& value, const Place& place) {
    if (value.is_null()) {
        out.conditions = Setting<json::Value>::reset();
        return {};
    }
    if (!value.is_object()) return place.wrong_kind(value, {protocol::Kind::Map});
    out.conditions = Setting<json::Value>::set(value);
    return {};
}

Result<RuleBody> parse_rule(const json::Value& body) {
    static const auto table =
        FieldTable<RuleBody>()
            .field("description", ErrorCode::InvalidDynamicSearchRuleDescription, &RuleBody::description)
            .field("precedence", ErrorCode::InvalidDynamicSearchRulePriority, &RuleBody::precedence)
            .field("active", ErrorCode::InvalidDynamicSearchRuleActive, &RuleBody::active)
            .field("conditions", ErrorCode::InvalidDynamicSearchRuleConditions, read_conditions)
            .field("actions", kActions, &RuleBody::actions);
    return table.parse(body);
}

json::Value stored(Visit& visit, const std::string& name) {
    const Shelf& shelf = visit.world().shelf("rules");
    const auto found = shelf.find(name);
    return found == shelf.end() ? json::Value() : found->second;
}

json::Value view(const std::string& name, const json::Value& rule) {
    json::Object out{{"uid", name}};
    for (const std::string_view member : {"description", "precedence", "active", "conditions", "actions"}) {
        if (const json::Value* found = rule.find(member)) out.append(std::string(member), *found);
    }
    return out;
}

struct ListBody {
    std::uint64_t offset = 0;
    std::uint64_t limit = 20;
    struct Filter {
        std::optional<std::string> query;
        std::optional<bool> active;
    };
    std::optional<Filter> filter;
};

Result<void> read(const json::Value& value, const Place& place, ListBody::Filter& out) {
    static const auto table =
        FieldTable<ListBody::Filter>()
            .code(ErrorCode::InvalidDynamicSearchRuleFilter)
            .field("query", ErrorCode::InvalidDynamicSearchRuleFilterQuery, &ListBody::Filter::query)
            .field("active", ErrorCode::InvalidDynamicSearchRuleFilterActive, &ListBody::Filter::active);
    return table.read(value, place, out);
}

Result<void> read_filter(ListBody& out, const json::Value& value, const Place& place) {
    if (value.is_null()) return {};
    return read(value, place, out.filter.emplace());
}

Result<http::Reply> list(Visit& visit) {
    static const auto table = FieldTable<ListBody>()
                                  .field("offset", ErrorCode::InvalidDynamicSearchRuleOffset, &ListBody::offset)
                                  .field("limit", ErrorCode::InvalidDynamicSearchRuleLimit, &ListBody::limit)
                                  .field("filter", ErrorCode::InvalidDynamicSearchRuleFilter, read_filter);
    MIROIR_TRY(const ListBody body, table.parse(visit.body));
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
    for (const Entry& entry : entries) all.push_back(view(entry.name, *entry.rule));
    return ok(paged(std::move(all), {.offset = body.offset, .limit = body.limit}));
}

Result<http::Reply> get(Visit& visit) {
    MIROIR_CHECK(require(visit, "GET /dynamic-search-rules/{uid}"));
    const std::string& name = visit.in.params.get("uid");
    const json::Value rule = stored(visit, name);
    if (rule.is_null()) {
        return fail(ErrorCode::DynamicSearchRuleNotFound, "Dynamic search rule `" + name + "` not found.");
    }
    return ok(view(name, rule));
}

Result<http::Reply> patch(Visit& visit) {
    MIROIR_TRY(const RuleBody body, parse_rule(visit.body));
    MIROIR_CHECK(require(visit, "PATCH /dynamic-search-rules/{uid}"));
    const std::string& name = visit.in.params.get("uid");
    json::Value rule = stored(visit, name);
    json::Object said;
    if (rule.is_null()) rule = json::Object{{"active", true}, {"conditions", json::Object()}, {"actions", json::Array()}};
    for (const std::string_view member : {"description", "precedence", "active", "conditions", "actions"}) {
        const json::Value* given = visit.body.find(member);
        if (given == nullptr) continue;
        said.append(std::string(member), *given);
        if (given->is_null()) {
            rule.object().erase(member);
        } else {
            rule[member] = *given;
        }
    }
    const json::Object details{{"rule", std::move(said)}, {"updatedRules", 1}};
    return enqueue(visit, {.type = TaskType::DsrUpdate,
                           .index_uid = std::string(kRuleIndex),
                           .details = details,
                           .params = json::Object{{"name", name}, {"rule", std::move(rule)}}});
}

Result<http::Reply> remove(Visit& visit) {
    MIROIR_CHECK(require(visit, "DELETE /dynamic-search-rules/{uid}"));
    const std::string& name = visit.in.params.get("uid");
    if (stored(visit, name).is_null()) {
        return fail(ErrorCode::DynamicSearchRuleNotFound, "Dynamic search rule `" + name + "` not found.");
    }
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
