// Settings as JSON: for clients (secrets masked, gated members left out) and for the store (everything).
#include "protocol/settings/embedder.h"
#include "protocol/settings/settings.h"

namespace miroir::protocol {

namespace {

constexpr std::string_view kAll = "*";

template <class Range>
json::Value list_of(const Range& range) {
    json::Array out;
    for (const auto& item : range) out.emplace_back(item);
    return out;
}

json::Value attribute_list(const std::optional<std::vector<std::string>>& names) {
    if (names) return list_of(*names);
    return json::Array{json::Value(kAll)};
}

json::Value filterable(const std::vector<FilterableRule>& rules) {
    json::Array out;
    for (const FilterableRule& rule : rules) {
        if (!rule.is_pattern) {
            out.emplace_back(rule.field);
            continue;
        }
        json::Object filter{{"equality", rule.features.equality}, {"comparison", rule.features.comparison}};
        json::Object features{{"facetSearch", rule.features.facet_search}, {"filter", std::move(filter)}};
        out.emplace_back(
            json::Object{{"attributePatterns", list_of(rule.patterns)}, {"features", std::move(features)}});
    }
    return out;
}

json::Value typo_tolerance(const TypoTolerance& typo) {
    json::Object sizes{{"oneTypo", typo.one_typo}, {"twoTypos", typo.two_typos}};
    return json::Object{{"enabled", typo.enabled},
                        {"minWordSizeForTypos", std::move(sizes)},
                        {"disableOnWords", list_of(typo.disable_on_words)},
                        {"disableOnAttributes", list_of(typo.disable_on_attributes)},
                        {"disableOnNumbers", typo.disable_on_numbers}};
}

json::Value faceting(const Settings& settings) {
    json::Object orders;
    for (const auto& [field, order] : settings.sort_facet_values_by) {
        orders.append(field, order == FacetOrder::Count ? "count" : "alpha");
    }
    return json::Object{{"maxValuesPerFacet", settings.max_values_per_facet}, {"sortFacetValuesBy", std::move(orders)}};
}

json::Object with_masked_key(json::Object members) {
    json::Value* key = members.find("apiKey");
    if (key != nullptr && key->is_string()) *key = masked_secret(key->string());
    return members;
}

json::Value embedders(const Settings& settings, bool masked) {
    json::Object out;
    for (const auto& [name, embedder] : settings.embedders) {
        out.append(name, masked ? with_masked_key(embedder.members) : embedder.members);
    }
    return out;
}

json::Value chat(const json::Object& own) {
    json::Object out{{"description", ""},
                     {"documentTemplate", default_document_template()},
                     {"documentTemplateMaxBytes", 400},
                     {"searchParameters", json::Object()}};
    for (const json::Member& member : own) out.set(member.first, member.second);
    return out;
}

json::Value list_value(const Settings& settings, std::string_view name) {
    if (name == "displayedAttributes") return attribute_list(settings.displayed_attributes);
    if (name == "searchableAttributes") return attribute_list(settings.searchable_attributes);
    if (name == "filterableAttributes") return filterable(settings.filterable_attributes);
    if (name == "sortableAttributes") return list_of(settings.sortable_attributes);
    if (name == "stopWords") return list_of(settings.stop_words);
    if (name == "nonSeparatorTokens") return list_of(settings.non_separator_tokens);
    if (name == "separatorTokens") return list_of(settings.separator_tokens);
    if (name == "dictionary") return list_of(settings.dictionary);
    json::Array out;
    if (name == "foreignKeys") {
        for (const ForeignKey& key : settings.foreign_keys) {
            out.emplace_back(json::Object{{"foreignIndexUid", key.foreign_index_uid}, {"fieldName", key.field_name}});
        }
    }
    if (name == "rankingRules") {
        for (const RankingRule& rule : settings.ranking_rules) out.emplace_back(to_text(rule));
    }
    if (name == "localizedAttributes") {
        if (!settings.localized_attributes) return nullptr;
        for (const LocalizedRule& rule : *settings.localized_attributes) {
            out.emplace_back(json::Object{{"attributePatterns", list_of(rule.attribute_patterns)},
                                          {"locales", list_of(rule.locales)}});
        }
    }
    return out;
}

json::Value value_of(const Settings& settings, std::string_view name, bool masked) {
    if (name == "synonyms") {
        json::Object out;
        for (const auto& [word, others] : settings.synonyms) out.append(word, list_of(others));
        return out;
    }
    if (name == "distinctAttribute") {
        return settings.distinct_attribute ? json::Value(*settings.distinct_attribute) : json::Value();
    }
    if (name == "proximityPrecision") {
        return settings.proximity_precision == ProximityPrecision::ByWord ? "byWord" : "byAttribute";
    }
    if (name == "typoTolerance") return typo_tolerance(settings.typo_tolerance);
    if (name == "faceting") return faceting(settings);
    if (name == "pagination") return json::Object{{"maxTotalHits", settings.max_total_hits}};
    if (name == "embedders") return embedders(settings, masked);
    if (name == "searchCutoffMs") {
        return settings.search_cutoff_ms ? json::Value(*settings.search_cutoff_ms) : json::Value();
    }
    if (name == "facetSearch") return settings.facet_search;
    if (name == "prefixSearch") {
        return settings.prefix_search == PrefixSearch::Disabled ? "disabled" : "indexingTime";
    }
    if (name == "chat") return chat(settings.chat);
    return list_value(settings, name);
}

}  // namespace

json::Object to_json(const Settings& settings, const SettingsGates& gates) {
    json::Object out;
    for (const SettingRow& row : setting_rows()) {
        if (row.name == "chat" && !gates.chat_completions) continue;
        if (row.name == "foreignKeys" && !gates.foreign_keys) continue;
        out.append(std::string(row.name), value_of(settings, row.name, true));
    }
    return out;
}

json::Value setting_to_json(const Settings& settings, const SettingRow& row) {
    return value_of(settings, row.name, true);
}

// What was asked for, not what became of it: a reset attribute list is shown as all attributes.
json::Object settings_task_details(const SettingsPatch& patch) {
    json::Object out = patch.changes;
    for (const std::string_view name : {"displayedAttributes", "searchableAttributes"}) {
        json::Value* list = out.find(name);
        if (list != nullptr && list->is_null()) *list = json::Array{json::Value(kAll)};
    }
    json::Value* given = out.find("embedders");
    if (given == nullptr || !given->is_object()) return out;
    for (json::Member& member : given->object()) {
        if (member.second.is_object()) member.second = with_masked_key(std::move(member.second.object()));
    }
    return out;
}

json::Object settings_to_store(const Settings& settings) {
    json::Object out;
    for (const SettingRow& row : setting_rows()) {
        out.append(std::string(row.name), value_of(settings, row.name, false));
    }
    return out;
}

// The stored form is a patch on the defaults.
Result<Settings> settings_from_store(const json::Value& stored) {
    constexpr SettingsGates kAllOpen{
        .chat_completions = true, .foreign_keys = true, .multimodal = true, .composite_embedders = true};
    MIROIR_TRY(const SettingsPatch patch, parse_settings(stored, kAllOpen));
    MIROIR_TRY(Settings settings, apply_patch(Settings{}, patch));
    // The defaults of chat were written out; what equals them is no change.
    const json::Value defaults = chat({});
    for (const json::Member& member : defaults.object()) {
        const json::Value* own = settings.chat.find(member.first);
        if (own != nullptr && *own == member.second) settings.chat.erase(member.first);
    }
    return settings;
}

// The first letters stay, more of them the longer the secret; cut at whole characters.
std::string masked_secret(std::string secret) {
    struct Step {
        std::size_t below;
        std::size_t shown;
        std::string_view mask;
    };
    static constexpr Step kSteps[] = {{10, 0, "XXX..."}, {20, 2, "XXXX..."}, {30, 3, "XXXXX..."}};
    Step step{.below = 0, .shown = 5, .mask = "XXXXXX..."};
    for (const Step& candidate : kSteps) {
        if (secret.size() >= candidate.below) continue;
        step = candidate;
        break;
    }
    while (step.shown < secret.size() && (static_cast<unsigned char>(secret[step.shown]) & 0xC0U) == 0x80U)
        ++step.shown;
    secret.resize(step.shown);
    return secret.append(step.mask);
}

}  // namespace miroir::protocol
