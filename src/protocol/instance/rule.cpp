#include "protocol/instance/rule.h"

#include <set>

#include "protocol/fields/fields.h"

namespace miroir::protocol {
namespace rule_parts {

constexpr std::string_view kMembers[] = {"description", "precedence", "active", "conditions", "actions"};

struct Selector {
    std::optional<std::string> index_uid;
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
    MIROIR_TRY(const std::size_t at, read_word(value, place, kWords));
    out.type = kWords[at];
    return {};
}

constexpr ErrorCode kActions = ErrorCode::InvalidDynamicSearchRuleActions;

Result<void> read(const json::Value& value, const Place& place, Selector& out) {
    static const auto table = FieldTable<Selector>()
                                  .code(kActions)
                                  .field("indexUid", kActions, &Selector::index_uid)
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

}  // namespace rule_parts

Result<void> read(const json::Value& value, const Place& place, RuleListBody::Filter& out) {
    static const auto table =
        FieldTable<RuleListBody::Filter>()
            .code(ErrorCode::InvalidDynamicSearchRuleFilter)
            .field("query", ErrorCode::InvalidDynamicSearchRuleFilterQuery, &RuleListBody::Filter::query)
            .field("active", ErrorCode::InvalidDynamicSearchRuleFilterActive, &RuleListBody::Filter::active);
    return table.read(value, place, out);
}

namespace rule_parts {

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
    if (!value.is_object()) return place.wrong_kind(value, {Kind::Map});
    out.conditions = Setting<json::Value>::set(value);
    return {};
}

Result<void> read_filter(RuleListBody& out, const json::Value& value, const Place& place) {
    if (value.is_null()) return {};
    return read(value, place, out.filter.emplace());
}

}  // namespace rule_parts

Result<void> check_rule(const json::Value& body) {
    using rule_parts::RuleBody;
    static const auto table =
        FieldTable<RuleBody>()
            .field("description", ErrorCode::InvalidDynamicSearchRuleDescription, &RuleBody::description)
            .field("precedence", ErrorCode::InvalidDynamicSearchRulePriority, &RuleBody::precedence)
            .field("active", ErrorCode::InvalidDynamicSearchRuleActive, &RuleBody::active)
            .field("conditions", ErrorCode::InvalidDynamicSearchRuleConditions, rule_parts::read_conditions)
            .field("actions", rule_parts::kActions, &RuleBody::actions);
    MIROIR_TRY(const RuleBody read, table.parse(body));
    return {};
}

Result<RuleListBody> parse_rule_list(const json::Value& body) {
    static const auto table = FieldTable<RuleListBody>()
                                  .field("offset", ErrorCode::InvalidDynamicSearchRuleOffset, &RuleListBody::offset)
                                  .field("limit", ErrorCode::InvalidDynamicSearchRuleLimit, &RuleListBody::limit)
                                  .field("filter", ErrorCode::InvalidDynamicSearchRuleFilter, rule_parts::read_filter);
    return table.parse(body);
}

json::Value merged_rule(json::Value rule, const json::Value& body, json::Object& said) {
    if (rule.is_null())
        rule = json::Object{{"active", true}, {"conditions", json::Object()}, {"actions", json::Array()}};
    for (const std::string_view member : rule_parts::kMembers) {
        const json::Value* given = body.find(member);
        if (given == nullptr) continue;
        said.append(std::string(member), *given);
        if (given->is_null()) rule.object().erase(member);
        else rule[member] = *given;
    }
    return rule;
}

std::uint64_t next_rule_number(const KeptRules& rules) {
    std::set<std::uint64_t> taken;
    for (const auto& [name, rule] : rules) {
        const json::Value* number = rule.find(kRuleNumber);
        if (number != nullptr && number->is_unsigned()) taken.insert(number->unsigned_integer());
    }
    std::uint64_t number = 0;
    while (taken.contains(number)) ++number;
    return number;
}

json::Value rule_view(const std::string& name, const json::Value& rule) {
    json::Object out{{"uid", name}};
    for (const std::string_view member : rule_parts::kMembers) {
        if (const json::Value* found = rule.find(member)) out.append(std::string(member), *found);
    }
    return out;
}

}  // namespace miroir::protocol
