#include "quorum/shelves/rule_repair.h"

#include <algorithm>
#include <tuple>

namespace miroir::quorum {
namespace {

struct Wanted {
    std::uint64_t number = 0;
    std::string name;
    json::Value view;
};

std::vector<Wanted> in_order(const protocol::KeptRules& kept) {
    std::vector<Wanted> out;
    for (const auto& [name, rule] : kept) {
        const json::Value* number = rule.find(protocol::kRuleNumber);
        out.push_back({.number = number != nullptr && number->is_unsigned() ? number->unsigned_integer() : 0,
                       .name = name,
                       .view = protocol::rule_view(name, rule)});
    }
    std::ranges::sort(out, {}, [](const Wanted& each) { return std::tie(each.number, each.name); });
    return out;
}

NodeRequest request_of(const Wanted& wanted) {
    json::Value body = wanted.view;
    body.object().erase("uid");
    return json_request("PATCH", std::string(kRulesTarget) + "/" + wanted.name, body);
}

}  // namespace

std::vector<NodeRequest> rule_repair(const protocol::KeptRules& kept, const json::Array& shown) {
    const std::vector<Wanted> wanted = in_order(kept);
    const auto is_shown = [&shown](const Wanted& each) { return std::ranges::find(shown, each.view) != shown.end(); };
    const auto first_missing = std::ranges::find_if_not(wanted, is_shown);
    const auto had = static_cast<std::size_t>(first_missing - wanted.begin());
    std::vector<NodeRequest> out;
    if (had != shown.size()) out.push_back(bare_request("DELETE", std::string(kRulesTarget)));
    for (auto each = out.empty() ? first_missing : wanted.begin(); each != wanted.end(); ++each)
        out.push_back(request_of(*each));
    return out;
}

}  // namespace miroir::quorum
