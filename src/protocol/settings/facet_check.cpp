#include "protocol/settings/facet_check.h"

#include <algorithm>

namespace miroir::protocol {
namespace {

// Could the pattern of the query and the rule speak of the same field?
bool may_meet(const FilterableRule& rule, std::string_view pattern) {
    if (!rule.is_pattern) return match_field(pattern, rule.field) != PatternMatch::None;
    return std::ranges::any_of(rule.patterns, [&](const std::string& own) {
        return match_pattern(pattern, own) != PatternMatch::None || match_pattern(own, pattern) != PatternMatch::None;
    });
}

}  // namespace

Result<void> check_facet(std::span<const FilterableRule> rules, const std::string& pattern) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (rules[i].features.is_filterable()) {
            if (may_meet(rules[i], pattern)) return {};
        } else if (rules[i].match(pattern) == PatternMatch::Match) {
            const std::string number = "#" + std::to_string(i);
            return fail(ErrorCode::InvalidSearchFacets,
                        "Invalid facet distribution: Attribute `" + pattern + "` matched rule " + number +
                            " in filterableAttributes, but this rule does not enable filtering.\nHint: enable "
                            "filtering in rule " +
                            number + " by modifying the features.filter object\nHint: prepend another rule matching `" +
                            pattern + "` with appropriate filter features before rule " + number);
        }
    }
    std::string known;
    for (const std::string& name : rule_patterns(rules, [](const auto& features) { return features.is_filterable(); }))
        known += (known.empty() ? "" : ", ") + name;
    const std::string head = "Invalid facet distribution: Pattern `" + pattern + "` is not filterable. ";
    if (known.empty()) {
        return fail(ErrorCode::InvalidSearchFacets,
                    head + "This index does not have configured filterable attributes.");
    }
    return fail(ErrorCode::InvalidSearchFacets,
                head + "Available filterable attributes patterns are: `" + known + "`.");
}

}  // namespace miroir::protocol
