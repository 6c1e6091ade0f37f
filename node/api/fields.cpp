// POST /indexes/{uid}/fields: every name of an index, nested ones too, and what the settings make of it.
#include <algorithm>

#include "node/api/routes.h"
#include "protocol/keys/index_uid.h"
#include "protocol/query/documents_query.h"

namespace miroir::node {
namespace {

using protocol::FieldsQuery;
using protocol::PatternMatch;
using protocol::RankingRule;
using protocol::Settings;

struct FieldFacts {
    bool displayed = true;
    bool searchable = true;
    bool sortable = false;
    bool distinct = false;
    std::string ranking_order{};  // "asc", "desc" or empty
    protocol::FilterableFeatures filterable{.facet_search = false, .equality = false, .comparison = false};
    bool by_count = false;
    std::vector<std::string> locales{};
};

bool covers(const std::optional<std::vector<std::string>>& names, std::string_view field) {
    return !names || protocol::match_any_field(*names, field) == PatternMatch::Match;
}

FieldFacts facts_of(const Settings& settings, const std::string& field) {
    FieldFacts out;
    const auto covered_by = [&](const std::string& name) {
        return protocol::match_field(name, field) == PatternMatch::Match;
    };
    out.displayed = covers(settings.displayed_attributes, field);
    out.searchable = covers(settings.searchable_attributes, field);
    out.sortable = std::ranges::any_of(settings.sortable_attributes, covered_by);
    out.distinct = settings.distinct_attribute && covered_by(*settings.distinct_attribute);
    for (const RankingRule& rule : settings.ranking_rules) {
        if (rule.field != field) continue;
        if (rule.kind == RankingRule::Kind::Asc) out.ranking_order = "asc";
        if (rule.kind == RankingRule::Kind::Desc) out.ranking_order = "desc";
    }
    if (const auto rule = protocol::matching_rule(settings.filterable_attributes, field)) {
        out.filterable = rule->features;
    }
    out.by_count = settings.facet_order(field) == protocol::FacetOrder::Count;
    if (settings.localized_attributes) {
        for (const auto& rule : *settings.localized_attributes) {
            if (protocol::match_any_pattern(rule.attribute_patterns, field) != PatternMatch::Match) continue;
            out.locales = rule.locales;
            break;
        }
    }
    return out;
}

bool passes(const FieldsQuery::Filter& filter, const std::string& field, const FieldFacts& facts) {
    const auto agrees = [](const std::optional<bool>& wanted, bool is) { return !wanted || *wanted == is; };
    if (filter.attribute_patterns &&
        protocol::match_any_pattern(*filter.attribute_patterns, field) != PatternMatch::Match) {
        return false;
    }
    return agrees(filter.displayed, facts.displayed) && agrees(filter.searchable, facts.searchable) &&
           agrees(filter.sortable, facts.sortable) && agrees(filter.distinct, facts.distinct) &&
           agrees(filter.ranking_rule, !facts.ranking_order.empty()) &&
           agrees(filter.filterable, facts.filterable.is_filterable());
}

json::Value enabled(bool is) { return json::Object{{"enabled", is}}; }

json::Value view(const std::string& field, const FieldFacts& facts) {
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

Result<http::Reply> list(Visit& visit) {
    MIROIR_TRY(const FieldsQuery query, protocol::parse_fields_query(visit.body));
    MIROIR_TRY(const StoredIndex* stored, visit.desk.open(visit.index_uid()));
    std::vector<std::string> names = stored->index.fields().names();
    std::ranges::sort(names);
    std::vector<json::Value> all;
    for (const std::string& name : names) {
        const FieldFacts facts = facts_of(stored->index.settings(), name);
        if (!query.filter || passes(*query.filter, name, facts)) all.push_back(view(name, facts));
    }
    return ok(paged(std::move(all), {.offset = query.offset, .limit = query.limit}));
}

constexpr Route kRoutes[] = {{"POST", "/indexes/{index_uid}/fields", "fields.post", BodyKind::Json, list}};

}  // namespace

std::span<const Route> field_routes() { return kRoutes; }

}  // namespace miroir::node
