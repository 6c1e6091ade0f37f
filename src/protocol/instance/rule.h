// A dynamic search rule as clients define and list it. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "json/value.h"

namespace miroir::protocol {

struct RuleListBody {
    std::uint64_t offset = 0;
    std::uint64_t limit = 20;
    struct Filter {
        std::optional<std::string> query;
        std::optional<bool> active;
    };
    std::optional<Filter> filter;
};
Result<RuleListBody> parse_rule_list(const json::Value& body);

Result<void> check_rule(const json::Value& body);  // PATCH …/{uid}
// What the body says, laid over the rule that was there (or null); `said` is what the task shows of it.
json::Value merged_rule(json::Value rule, const json::Value& body, json::Object& said);
// Which rule was made first, kept beside what clients see: they rank so where they name no precedence. The numbers of
// removed rules are given again.
inline constexpr std::string_view kRuleNumber = "number";
using KeptRules = std::map<std::string, json::Value, std::less<>>;
std::uint64_t next_rule_number(const KeptRules& rules);

json::Value rule_view(const std::string& name, const json::Value& rule);

}  // namespace miroir::protocol
