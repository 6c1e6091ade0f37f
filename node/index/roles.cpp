#include "node/index/roles.h"

#include <algorithm>

#include "protocol/settings/settings.h"

namespace miroir::node {

namespace {

using protocol::PatternMatch;

std::optional<std::uint16_t> weight_of(const protocol::Settings& settings, std::string_view field) {
    if (!settings.searchable_attributes) return std::uint16_t{0};
    const auto& names = *settings.searchable_attributes;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (protocol::is_nested_in(field, names[i])) return static_cast<std::uint16_t>(i);
    }
    return std::nullopt;
}

// The first rule that names the field itself decides; a later one may still name something inside it.
PatternMatch filterable_match(const protocol::Settings& settings, std::string_view field) {
    PatternMatch best = PatternMatch::None;
    bool decided = false;
    for (const protocol::FilterableRule& rule : settings.filterable_attributes) {
        const bool useful = rule.features.is_filterable() || rule.features.facet_search;
        switch (rule.match(field)) {
            case PatternMatch::Match:
                if (useful && !decided) return PatternMatch::Match;
                decided = true;
                break;
            case PatternMatch::Parent:
                if (useful) best = PatternMatch::Parent;
                break;
            case PatternMatch::None: break;
        }
    }
    return best;
}

PatternMatch facet_match(const protocol::Settings& settings, std::string_view field) {
    PatternMatch best = filterable_match(settings, field);
    const auto consider = [&](PatternMatch match) { best = std::max(best, match); };
    if (settings.distinct_attribute) {
        if (*settings.distinct_attribute == field) return PatternMatch::Match;
        if (protocol::is_nested_in(*settings.distinct_attribute, field)) consider(PatternMatch::Parent);
    }
    for (const std::string& name : settings.sortable_attributes) consider(protocol::match_field(name, field));
    for (const protocol::RankingRule& rule : settings.ranking_rules) {
        if (!rule.field.empty()) consider(protocol::match_field(rule.field, field));
    }
    return best;
}

}  // namespace

FieldRole role_of(const protocol::Settings& settings, std::string_view field) {
    FieldRole role;
    if (is_reserved_field(field.substr(0, field.find('.')))) return role;
    role.weight = weight_of(settings, field);
    role.exact = std::ranges::any_of(settings.typo_tolerance.disable_on_attributes,
                                     [&](const std::string& name) { return protocol::is_nested_in(field, name); });
    role.facet = facet_match(settings, field);
    if (settings.localized_attributes) {
        for (const protocol::LocalizedRule& rule : *settings.localized_attributes) {
            if (protocol::match_any_pattern(rule.attribute_patterns, field) != PatternMatch::Match) continue;
            role.locales = &rule.locales;
            break;
        }
    }
    return role;
}

bool is_reserved_field(std::string_view name) { return name == "_geo" || name == "_geojson" || name == "_vectors"; }

}  // namespace miroir::node
