#include "protocol/settings/attribute_pattern.h"

#include <algorithm>

namespace miroir::protocol {

bool is_nested_in(std::string_view field, std::string_view parent) {
    return field.starts_with(parent) && (field.size() == parent.size() || field[parent.size()] == '.');
}

PatternMatch match_pattern(std::string_view pattern, std::string_view field) {
    bool matches = false;
    if (pattern == "*") {
        matches = true;
    } else if (pattern.starts_with('*') && pattern.ends_with('*')) {
        matches = field.contains(pattern.substr(1, pattern.size() - 2));
    } else if (pattern.starts_with('*')) {
        matches = field.ends_with(pattern.substr(1));
    } else if (pattern.ends_with('*')) {
        matches = field.starts_with(pattern.substr(0, pattern.size() - 1));
    } else {
        matches = pattern == field;
    }
    if (matches) return PatternMatch::Match;
    return is_nested_in(pattern, field) ? PatternMatch::Parent : PatternMatch::None;
}

PatternMatch match_field(std::string_view name, std::string_view field) {
    if (is_nested_in(field, name)) return PatternMatch::Match;
    return is_nested_in(name, field) ? PatternMatch::Parent : PatternMatch::None;
}

PatternMatch match_any_pattern(std::span<const std::string> patterns, std::string_view field) {
    PatternMatch best = PatternMatch::None;
    for (const std::string& pattern : patterns) {
        best = std::max(best, match_pattern(pattern, field));
        if (best == PatternMatch::Match) break;
    }
    return best;
}

PatternMatch match_any_field(std::span<const std::string> names, std::string_view field) {
    PatternMatch best = PatternMatch::None;
    for (const std::string& name : names) {
        best = std::max(best, match_field(name, field));
        if (best == PatternMatch::Match) break;
    }
    return best;
}

std::vector<std::string> FilterableFeatures::allowed_operators() const {
    if (!is_filterable()) return {};
    std::vector<std::string> all = {"OR", "AND", "NOT"};
    if (equality) all.insert(all.end(), {"=", "!=", "IN"});
    if (comparison) all.insert(all.end(), {"<", ">", "<=", ">=", "TO"});
    all.insert(all.end(), {"IS EMPTY", "IS NULL", "EXISTS"});
    return all;
}

PatternMatch FilterableRule::match(std::string_view field_name) const {
    return is_pattern ? match_any_pattern(patterns, field_name) : match_field(field, field_name);
}

std::optional<MatchedRule> matching_rule(std::span<const FilterableRule> rules, std::string_view field) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (rules[i].match(field) == PatternMatch::Match)
            return MatchedRule{.position = i, .features = rules[i].features};
    }
    return std::nullopt;
}

}  // namespace miroir::protocol
