#include <algorithm>

#include "node/retrieve/refusals.h"
#include "node/retrieve/search.h"
#include "protocol/query/documents_query.h"
#include "protocol/settings/settings.h"

namespace miroir::node {
namespace {

using protocol::FieldsQuery;
using protocol::PatternMatch;
using protocol::Settings;

// What the settings make of one field.
struct FieldFacts {
    bool displayed = false;
    bool searchable = false;
    bool sortable = false;
    bool distinct = false;
    std::optional<bool> ascending;  // named by a custom ranking rule
    protocol::FilterableFeatures features{.equality = false};
    protocol::FacetOrder facet_order = protocol::FacetOrder::Alpha;
    std::vector<std::string> locales;

    bool filterable() const { return features.facet_search || features.is_filterable(); }
};

bool named(const std::optional<std::vector<std::string>>& names, std::string_view field) {
    return !names || protocol::match_any_field(*names, field) == PatternMatch::Match;
}

FieldFacts facts_of(const Settings& settings, const std::string& field) {
    FieldFacts facts;
    facts.displayed = named(settings.displayed_attributes, field);
    facts.searchable = named(settings.searchable_attributes, field);
    facts.sortable = std::ranges::any_of(settings.sortable_attributes, [&](const std::string& name) {
        return protocol::match_field(name, field) == PatternMatch::Match;
    });
    facts.distinct = settings.distinct_attribute &&
                     protocol::match_field(*settings.distinct_attribute, field) == PatternMatch::Match;
    for (const protocol::RankingRule& rule : settings.ranking_rules) {
        const bool ascending = rule.kind == protocol::RankingRule::Kind::Asc;
        if ((ascending || rule.kind == protocol::RankingRule::Kind::Desc) && rule.field == field) {
            facts.ascending = ascending;
        }
    }
    if (const auto rule = protocol::matching_rule(settings.filterable_attributes, field))
        facts.features = rule->features;
    facts.facet_order = settings.facet_order(field);
    if (!settings.localized_attributes) return facts;
    for (const protocol::LocalizedRule& rule : *settings.localized_attributes) {
        if (protocol::match_any_pattern(rule.attribute_patterns, field) != PatternMatch::Match) continue;
        facts.locales = rule.locales;
        break;
    }
    return facts;
}

bool wanted(const std::optional<FieldsQuery::Filter>& filter, const std::string& field, const FieldFacts& facts) {
    if (!filter) return true;
    if (filter->attribute_patterns &&
        protocol::match_any_pattern(*filter->attribute_patterns, field) != PatternMatch::Match) {
        return false;
    }
    const auto agrees = [](const std::optional<bool>& asked, bool value) { return !asked || *asked == value; };
    return agrees(filter->displayed, facts.displayed) && agrees(filter->searchable, facts.searchable) &&
           agrees(filter->sortable, facts.sortable) && agrees(filter->distinct, facts.distinct) &&
           agrees(filter->ranking_rule, facts.ascending.has_value()) && agrees(filter->filterable, facts.filterable());
}

json::Object to_json(const std::string& field, const FieldFacts& facts) {
    const auto enabled = [](bool value) { return json::Object{{"enabled", value}}; };
    json::Object rule = enabled(facts.ascending.has_value());
    if (facts.ascending) rule.append("order", *facts.ascending ? "asc" : "desc");
    json::Array locales;
    for (const std::string& locale : facts.locales) locales.emplace_back(locale);
    const bool alpha = facts.facet_order == protocol::FacetOrder::Alpha;
    return {{"name", field},
            {"displayed", enabled(facts.displayed)},
            {"searchable", enabled(facts.searchable)},
            {"sortable", enabled(facts.sortable)},
            {"distinct", enabled(facts.distinct)},
            {"rankingRule", std::move(rule)},
            {"filterable", json::Object{{"enabled", facts.filterable()},
                                        {"sortBy", alpha ? "alpha" : "count"},
                                        {"facetSearch", facts.features.facet_search},
                                        {"equality", facts.features.equality},
                                        {"comparison", facts.features.comparison}}},
            {"localized", json::Object{{"locales", std::move(locales)}}}};
}

}  // namespace

Result<json::Value> list_fields(std::string_view uid, const FieldsQuery& query, const ReadContext& context) {
    const Index* index = context.find_index(uid);
    if (index == nullptr) return fail(index_not_found(uid));
    std::vector<std::string> names = index->fields().names();
    std::ranges::sort(names);
    json::Array results;
    std::uint64_t total = 0;
    for (const std::string& name : names) {
        const FieldFacts facts = facts_of(index->settings(), name);
        if (!wanted(query.filter, name, facts)) continue;
        const std::uint64_t at = total++;
        if (at >= query.offset && results.size() < query.limit) results.emplace_back(to_json(name, facts));
    }
    return json::Value(json::Object{
        {"results", std::move(results)}, {"offset", query.offset}, {"limit", query.limit}, {"total", total}});
}

IndexCounts count_index(const Index& index) {
    IndexCounts counts;
    counts.documents = index.document_count();
    counts.raw_bytes = index.raw_size();
    counts.average_bytes = counts.documents == 0 ? 0 : counts.raw_bytes / counts.documents;
    DocIds embedded;
    for (const auto& [name, embedder] : index.settings().embedders) {
        for (const auto& [id, vectors] : index.vectors(name)) {
            counts.embeddings += vectors.vectors.size();
            if (!vectors.vectors.empty()) embedded.add(id);
        }
    }
    counts.embedded_documents = embedded.cardinality();
    for (const auto& [name, count] : index.field_distribution()) counts.field_distribution.append(name, count);
    return counts;
}

}  // namespace miroir::node
