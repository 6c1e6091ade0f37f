#include "protocol/indexes/field_facts.h"

#include <algorithm>

namespace miroir::protocol {
namespace {

bool covers(const std::optional<std::vector<std::string>>& names, std::string_view field) {
    return !names || match_any_field(*names, field) == PatternMatch::Match;
}

// Places are no text, whatever the settings say.
bool is_place(std::string_view field) {
    const std::string_view top = field.substr(0, field.find('.'));
    return top == "_geo" || top == "_geojson";
}

json::Value enabled(bool is) { return json::Object{{"enabled", is}}; }

}  // namespace

FieldFacts field_facts(const Settings& settings, const std::string& field) {
    FieldFacts out;
    const auto covered_by = [&](const std::string& name) { return match_field(name, field) == PatternMatch::Match; };
    out.displayed = covers(settings.displayed_attributes, field);
    out.searchable = !is_place(field) && covers(settings.searchable_attributes, field);
    out.sortable = std::ranges::any_of(settings.sortable_attributes, covered_by);
    out.distinct = settings.distinct_attribute && covered_by(*settings.distinct_attribute);
    for (const RankingRule& rule : settings.ranking_rules) {
        if (rule.field != field) continue;
        if (rule.kind == RankingRule::Kind::Asc) out.ranking_order = "asc";
        if (rule.kind == RankingRule::Kind::Desc) out.ranking_order = "desc";
    }
    if (const auto rule = matching_rule(settings.filterable_attributes, field)) {
        out.filterable = rule->features;
    }
    out.by_count = settings.facet_order(field) == FacetOrder::Count;
    if (settings.localized_attributes) {
        for (const auto& rule : *settings.localized_attributes) {
            if (match_any_pattern(rule.attribute_patterns, field) != PatternMatch::Match) continue;
            out.locales = rule.locales;
            break;
        }
    }
    return out;
}

bool field_passes(const FieldsQuery::Filter& filter, const std::string& field, const FieldFacts& facts) {
    const auto agrees = [](const std::optional<bool>& wanted, bool is) { return !wanted || *wanted == is; };
    if (filter.attribute_patterns && match_any_pattern(*filter.attribute_patterns, field) != PatternMatch::Match) {
        return false;
    }
    return agrees(filter.displayed, facts.displayed) && agrees(filter.searchable, facts.searchable) &&
           agrees(filter.sortable, facts.sortable) && agrees(filter.distinct, facts.distinct) &&
           agrees(filter.ranking_rule, !facts.ranking_order.empty()) &&
           agrees(filter.filterable, facts.filterable.is_filterable());
}

json::Value field_view(const std::string& field, const FieldFacts& facts) {
    json::Object ranking{{"enabled", !facts.ranking_order.empty()}};
    if (!facts.ranking_order.empty()) ranking.append("order", facts.ranking_order);
    json::Array locales;
    for (const std::string& locale : facts.locales) locales.emplace_back(locale);
    json::Object filterable{{"enabled", facts.filterable.is_filterable()},
                            {"sortBy", facts.by_count ? "count" : "alpha"},
                            {"facetSearch", facts.filterable.facet_search},
                            {"equality", facts.filterable.equality},
                            {"comparison", facts.filterable.comparison}};
    return json::Object{{"name", field},
                        {"displayed", enabled(facts.displayed)},
                        {"searchable", enabled(facts.searchable)},
                        {"sortable", enabled(facts.sortable)},
                        {"distinct", enabled(facts.distinct)},
                        {"rankingRule", std::move(ranking)},
                        {"filterable", std::move(filterable)},
                        {"localized", json::Object{{"locales", std::move(locales)}}}};
}

}  // namespace miroir::protocol
