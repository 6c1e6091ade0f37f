#include "plan/pin_order.h"

#include <algorithm>
#include <tuple>
#include <vector>

namespace miroir::plan {
namespace {

std::uint64_t number_in(const json::Value& rule, std::string_view member) {
    const json::Value* found = rule.find(member);
    return found != nullptr && found->is_unsigned() ? found->unsigned_integer() : UINT64_MAX;
}

const json::Value* member_of(const json::Value* object, std::string_view name) {
    return object != nullptr && object->is_object() ? object->find(name) : nullptr;
}

void add_pins(const json::Value& rule, std::string_view index_uid, merge::PinOrder& out) {
    const json::Value* actions = member_of(&rule, "actions");
    if (actions == nullptr || !actions->is_array()) return;
    for (const json::Value& action : actions->array()) {
        const json::Value* selector = member_of(&action, "selector");
        const json::Value* uid = member_of(selector, "indexUid");
        if (uid != nullptr && uid->is_string() && uid->string() != index_uid) continue;
        const json::Value* id = member_of(selector, "id");
        const json::Value* position = member_of(member_of(&action, "action"), "position");
        if (id == nullptr || !id->is_string() || position == nullptr || !position->is_unsigned()) continue;
        out.push_back({.id = id->string(), .position = position->unsigned_integer()});
    }
}

}  // namespace

std::shared_ptr<const merge::PinOrder> pin_order(const protocol::KeptRules& rules, std::string_view index_uid) {
    std::vector<std::tuple<std::uint64_t, std::uint64_t, std::string_view, const json::Value*>> order;
    for (const auto& [name, rule] : rules) {
        const json::Value* active = member_of(&rule, "active");
        if (active != nullptr && active->is_bool() && !active->boolean()) continue;
        order.emplace_back(number_in(rule, "precedence"), number_in(rule, protocol::kRuleNumber), name, &rule);
    }
    std::ranges::sort(order);
    merge::PinOrder out;
    for (const auto& [precedence, number, name, rule] : order) add_pins(*rule, index_uid, out);
    if (out.size() < 2) return nullptr;
    return std::make_shared<const merge::PinOrder>(std::move(out));
}

}  // namespace miroir::plan
