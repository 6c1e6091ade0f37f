// Dynamic search rules: kept, listed and shown here; changes are tasks that every node carries out, so that searches
// find pinned what they are to pin.
#include <algorithm>
#include <tuple>

#include "api/routes.h"
#include "protocol/indexes/requests.h"
#include "protocol/instance/rule.h"
#include "protocol/keys/index_uid.h"
#include "quorum/shelves/rule_repair.h"

namespace miroir::api {
namespace {

using Reply = env::Task<Result<http::Reply>>;
using protocol::TaskType;

constexpr std::string_view kShelf = quorum::kRuleShelf;
constexpr int kTriesMax = 20;

Result<void> require(const Visit& visit, std::string_view route) {
    return visit.desk.require(protocol::Feature::DynamicSearchRules, "Calling the `" + std::string(route) + "` route");
}

json::Value stored(const quorum::Shelves& shelves, const std::string& name) {
    const auto found = shelves.shelf(kShelf).find(name);
    return found == shelves.shelf(kShelf).end() ? json::Value() : found->second;
}

Error not_found(const std::string& name) {
    return {.code = ErrorCode::DynamicSearchRuleNotFound, .message = "Dynamic search rule `" + name + "` not found."};
}

Reply list(Visit visit) {
    MIROIR_CO_TRY(const protocol::RuleListBody body, protocol::parse_rule_list(visit.body));
    MIROIR_CO_CHECK(require(visit, "POST /dynamic-search-rules"));
    const quorum::ShelvesPtr shelves = visit.desk.shelves();
    std::vector<std::tuple<std::uint64_t, std::string>> entries;
    for (const auto& [name, rule] : shelves->shelf(kShelf)) {
        const json::Value* active = rule.find("active");
        const bool is_active = active == nullptr || (active->is_bool() && active->boolean());
        if (body.filter && body.filter->active && *body.filter->active != is_active) continue;
        if (body.filter && body.filter->query && name.find(*body.filter->query) == std::string::npos) continue;
        const json::Value* precedence = rule.find("precedence");
        entries.emplace_back(
            precedence != nullptr && precedence->is_unsigned() ? precedence->unsigned_integer() : UINT64_MAX, name);
    }
    std::ranges::sort(entries);
    std::vector<json::Value> all;
    for (const auto& [precedence, name] : entries) all.push_back(protocol::rule_view(name, stored(*shelves, name)));
    co_return ok(protocol::paged(std::move(all), {.offset = body.offset, .limit = body.limit}));
}

Reply get(Visit visit) {
    MIROIR_CO_CHECK(protocol::check_index_uid(visit.in.params.get("uid")));  // names are made of the same letters
    MIROIR_CO_CHECK(require(visit, "GET /dynamic-search-rules/{uid}"));
    const std::string& name = visit.in.params.get("uid");
    const json::Value rule = stored(*visit.desk.shelves(), name);
    if (rule.is_null()) co_return fail(not_found(name));
    co_return ok(protocol::rule_view(name, rule));
}

// Asked again when another change came between.
using Decide = Result<std::vector<quorum::ShelfPut>> (*)(const Visit& visit, const quorum::Shelves& shelves,
                                                         json::Value& details);

Reply change(Visit visit, TaskType type, Decide decide) {
    for (int i = 0; i < kTriesMax; ++i) {
        const quorum::ShelvesPtr shelves = visit.desk.shelves();
        json::Value details;
        quorum::RuleChange wish{.version = shelves->version, .method = visit.in.method};
        MIROIR_CO_TRY(wish.puts, decide(visit, *shelves, details));
        wish.task.type = type;
        wish.task.index_uid = quorum::rule_index().value;
        wish.task.details = std::move(details);
        if (type == TaskType::DsrUpdate) wish.rule = visit.in.params.get("uid");
        if (visit.in.method == "PATCH") wish.body = visit.body;
        MIROIR_CO_TRY(const std::optional<quorum::Receipt> receipt,
                      co_await visit.desk.ask(visit.desk.office().change_rules(std::move(wish))));
        if (receipt) co_return receipt_reply(*receipt);
    }
    co_return fail(ErrorCode::Internal, "Too many changes at once. Try again.");
}

Result<std::vector<quorum::ShelfPut>> decide_patch(const Visit& visit, const quorum::Shelves& shelves,
                                                   json::Value& details) {
    const std::string& name = visit.in.params.get("uid");
    json::Object said;
    const bool fresh = stored(shelves, name).is_null();
    json::Value rule = protocol::merged_rule(stored(shelves, name), visit.body, said);
    if (fresh) rule[protocol::kRuleNumber] = protocol::next_rule_number(shelves.shelf(kShelf));
    details = json::Object{{"rule", std::move(said)}, {"updatedRules", 1}};
    std::vector<quorum::ShelfPut> puts;
    puts.push_back({.shelf = std::string(kShelf), .name = name, .value = std::move(rule)});
    return puts;
}

// The engine makes a task of it also when there is no such rule.
Result<std::vector<quorum::ShelfPut>> decide_removal(const Visit& visit, const quorum::Shelves&, json::Value& details) {
    const std::string& name = visit.in.params.get("uid");
    details = json::Object{{"updatedRules", 1}};
    std::vector<quorum::ShelfPut> puts;
    puts.push_back({.shelf = std::string(kShelf), .name = name});
    return puts;
}

Result<std::vector<quorum::ShelfPut>> decide_clearing(const Visit&, const quorum::Shelves& shelves,
                                                      json::Value& details) {
    std::vector<quorum::ShelfPut> puts;
    for (const auto& [name, rule] : shelves.shelf(kShelf)) puts.push_back({.shelf = std::string(kShelf), .name = name});
    details = json::Object{{"deletedDocuments", puts.size()}};
    return puts;
}

Reply patch(Visit visit) {
    MIROIR_CO_CHECK(protocol::check_index_uid(visit.in.params.get("uid")));  // names are made of the same letters
    MIROIR_CO_CHECK(protocol::check_rule(visit.body));
    MIROIR_CO_CHECK(require(visit, "PATCH /dynamic-search-rules/{uid}"));
    co_return co_await change(std::move(visit), TaskType::DsrUpdate, decide_patch);
}

Reply remove(Visit visit) {
    MIROIR_CO_CHECK(protocol::check_index_uid(visit.in.params.get("uid")));  // names are made of the same letters
    MIROIR_CO_CHECK(require(visit, "DELETE /dynamic-search-rules/{uid}"));
    co_return co_await change(std::move(visit), TaskType::DsrUpdate, decide_removal);
}

Reply clear(Visit visit) {
    MIROIR_CO_CHECK(require(visit, "DELETE /dynamic-search-rules"));
    co_return co_await change(std::move(visit), TaskType::DsrClear, decide_clearing);
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

}  // namespace miroir::api
