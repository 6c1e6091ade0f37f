// A patch put into effect. Members are in their normal form already, so reading them cannot fail; what can, is what
// only the whole shows: word sizes crossing over, embedders missing something.
#include <algorithm>
#include <limits>

#include "protocol/locales.h"
#include "protocol/settings/embedder.h"
#include "protocol/settings/settings.h"
#include "protocol/settings/template_check.h"
#include "protocol/text_normal.h"

namespace miroir::protocol {

namespace {

using Texts = std::vector<std::string>;

Texts texts(const json::Value& list) {
    Texts out;
    for (const json::Value& item : list.array()) out.push_back(item.string());
    return out;
}

std::set<std::string> text_set(const json::Value& list) {
    std::set<std::string> out;
    for (const json::Value& item : list.array()) out.insert(item.string());
    return out;
}

// "*" anywhere in the list means all attributes; repeated names count once.
std::optional<Texts> attribute_list(const json::Value& list) {
    Texts names;
    for (std::string& name : texts(list)) {
        if (name == "*") return std::nullopt;
        if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
    }
    return names;
}

std::vector<FilterableRule> filterable_rules(const json::Value& list) {
    std::vector<FilterableRule> rules;
    for (const json::Value& item : list.array()) {
        if (item.is_string()) {
            rules.push_back(FilterableRule::plain(item.string()));
            continue;
        }
        FilterableRule rule{.patterns = texts(*item.find("attributePatterns")), .is_pattern = true};
        const json::Value& features = *item.find("features");
        const json::Value& filter = *features.find("filter");
        rule.features = {.facet_search = features.find("facetSearch")->boolean(),
                         .equality = filter.find("equality")->boolean(),
                         .comparison = filter.find("comparison")->boolean()};
        rules.push_back(std::move(rule));
    }
    return rules;
}

std::vector<RankingRule> ranking_rules(const json::Value& list) {
    std::vector<RankingRule> rules;
    for (const json::Value& item : list.array()) {
        if (auto rule = parse_ranking_rule(item.string())) rules.push_back(std::move(*rule));
    }
    return rules;
}

// Calls `set` with a value, `reset` for null, neither when the member is absent.
template <class Set, class Reset>
void change(const json::Value& object, std::string_view name, Set set, Reset reset) {
    const json::Value* found = object.find(name);
    if (found == nullptr) return;
    if (found->is_null()) reset();
    else set(*found);
}

void apply_word_sizes(TypoTolerance& typo, const json::Value& sizes) {
    const TypoTolerance ordinary;
    change(
        sizes, "oneTypo",
        [&](const json::Value& v) { typo.one_typo = static_cast<std::uint8_t>(v.unsigned_integer()); },
        [&] { typo.one_typo = ordinary.one_typo; });
    change(
        sizes, "twoTypos",
        [&](const json::Value& v) { typo.two_typos = static_cast<std::uint8_t>(v.unsigned_integer()); },
        [&] { typo.two_typos = ordinary.two_typos; });
}

Result<void> apply_typo(Settings& settings, const json::Value& value) {
    TypoTolerance& typo = settings.typo_tolerance;
    const TypoTolerance ordinary;
    change(value, "enabled", [&](const json::Value& v) { typo.enabled = v.boolean(); }, [&] { typo.enabled = true; });
    change(
        value, "minWordSizeForTypos", [&](const json::Value& v) { apply_word_sizes(typo, v); },
        [&] {
            typo.one_typo = ordinary.one_typo;
            typo.two_typos = ordinary.two_typos;
        });
    change(
        value, "disableOnWords",
        [&](const json::Value& v) {
            typo.disable_on_words.clear();
            for (const std::string& word : texts(v)) typo.disable_on_words.insert(plain_word(word));
        },
        [&] { typo.disable_on_words.clear(); });
    change(
        value, "disableOnAttributes", [&](const json::Value& v) { typo.disable_on_attributes = text_set(v); },
        [&] { typo.disable_on_attributes.clear(); });
    change(
        value, "disableOnNumbers", [&](const json::Value& v) { typo.disable_on_numbers = v.boolean(); },
        [&] { typo.disable_on_numbers = false; });
    if (typo.one_typo <= typo.two_typos) return {};
    return fail(ErrorCode::InvalidSettingsTypoTolerance, typo_sizes_refusal(typo.one_typo, typo.two_typos));
}

void apply_faceting(Settings& settings, const json::Value& value) {
    const Settings ordinary;
    change(
        value, "maxValuesPerFacet", [&](const json::Value& v) { settings.max_values_per_facet = v.unsigned_integer(); },
        [&] { settings.max_values_per_facet = ordinary.max_values_per_facet; });
    change(
        value, "sortFacetValuesBy",
        [&](const json::Value& v) {
            settings.sort_facet_values_by = ordinary.sort_facet_values_by;
            for (const json::Member& member : v.object()) {
                settings.sort_facet_values_by[member.first] =
                    member.second.string() == "count" ? FacetOrder::Count : FacetOrder::Alpha;
            }
        },
        [&] { settings.sort_facet_values_by = ordinary.sort_facet_values_by; });
}

Result<void> apply_embedders(Settings& settings, const json::Value& value) {
    constexpr std::size_t kMostEmbedders = 256;
    for (const json::Member& member : value.object()) {
        const auto standing = settings.embedders.find(member.first);
        if (member.second.is_null()) {
            if (standing != settings.embedders.end()) settings.embedders.erase(standing);
            continue;
        }
        const EmbedderSettings* before = standing == settings.embedders.end() ? nullptr : &standing->second;
        MIROIR_TRY(EmbedderSettings merged, merged_embedder(member.first, before, member.second.object()));
        settings.embedders[member.first] = std::move(merged);
    }
    if (settings.embedders.size() <= kMostEmbedders) return {};
    return fail(ErrorCode::InvalidSettingsEmbedders, "Too many embedders in the configuration. Found " +
                                                         std::to_string(settings.embedders.size()) +
                                                         ", but limited to 256.");
}

// Members of one level are replaced, null removes them; `order` is that of rendering.
void merge_members(json::Object& standing, const json::Value& given, std::initializer_list<std::string_view> order) {
    for (const json::Member& member : given.object()) {
        if (member.second.is_null()) standing.erase(member.first);
        else standing.set(member.first, member.second);
    }
    json::Object ordered;
    for (const std::string_view name : order) {
        if (const json::Value* found = standing.find(name)) ordered.append(std::string(name), *found);
    }
    standing = std::move(ordered);
}

Result<void> apply_chat(Settings& settings, const json::Value& value) {
    const json::Value* bytes = value.find("documentTemplateMaxBytes");
    if (bytes != nullptr && bytes->is_unsigned() && bytes->unsigned_integer() == 0) {
        return fail(ErrorCode::InvalidSettingsEmbedders,
                    "`.chat.documentTemplateMaxBytes`: `documentTemplateMaxBytes` cannot be zero");
    }
    const json::Value* pattern = value.find("documentTemplate");
    if (pattern != nullptr && pattern->is_string()) MIROIR_CHECK(check_chat_template(pattern->string()));
    json::Value changes = value;
    if (const json::Value* search = value.find("searchParameters"); search != nullptr && search->is_object()) {
        const json::Value* standing = settings.chat.find("searchParameters");
        json::Object merged = standing != nullptr ? standing->object() : json::Object();
        merge_members(merged, *search,
                      {"hybrid", "limit", "sort", "distinct", "matchingStrategy", "attributesToSearchOn",
                       "rankingScoreThreshold"});
        changes["searchParameters"] = std::move(merged);
    }
    merge_members(settings.chat, changes,
                  {"description", "documentTemplate", "documentTemplateMaxBytes", "searchParameters"});
    return {};
}

void apply_lists(Settings& settings, std::string_view name, const json::Value& value) {
    if (name == "displayedAttributes") settings.displayed_attributes = attribute_list(value);
    if (name == "searchableAttributes") settings.searchable_attributes = attribute_list(value);
    if (name == "filterableAttributes") settings.filterable_attributes = filterable_rules(value);
    if (name == "sortableAttributes") settings.sortable_attributes = text_set(value);
    if (name == "rankingRules") settings.ranking_rules = ranking_rules(value);
    if (name == "nonSeparatorTokens") settings.non_separator_tokens = text_set(value);
    if (name == "separatorTokens") settings.separator_tokens = text_set(value);
    if (name == "dictionary") settings.dictionary = text_set(value);
    if (name == "stopWords") {
        settings.stop_words.clear();
        for (const std::string& word : texts(value)) settings.stop_words.insert(decomposed_text(word));
    }
    if (name == "foreignKeys") {
        settings.foreign_keys.clear();
        for (const json::Value& key : value.array()) {
            settings.foreign_keys.push_back({.foreign_index_uid = key.find("foreignIndexUid")->string(),
                                             .field_name = key.find("fieldName")->string()});
        }
    }
    if (name == "localizedAttributes") {
        std::vector<LocalizedRule> rules;
        for (const json::Value& rule : value.array()) {
            LocalizedRule kept{.attribute_patterns = texts(*rule.find("attributePatterns"))};
            for (const std::string& code : texts(*rule.find("locales"))) kept.locales.emplace_back(long_locale(code));
            rules.push_back(std::move(kept));
        }
        settings.localized_attributes = std::move(rules);
    }
}

Result<void> apply_value(Settings& settings, std::string_view name, const json::Value& value) {
    if (name == "typoTolerance") return apply_typo(settings, value);
    if (name == "embedders") return apply_embedders(settings, value);
    if (name == "chat") return apply_chat(settings, value);
    if (name == "faceting") {
        apply_faceting(settings, value);
    } else if (name == "synonyms") {
        settings.synonyms.clear();
        for (const json::Member& member : value.object()) settings.synonyms[member.first] = texts(member.second);
    } else if (name == "distinctAttribute") {
        settings.distinct_attribute = value.string();
    } else if (name == "proximityPrecision") {
        const bool by_word = value.string() == "byWord";
        settings.proximity_precision = by_word ? ProximityPrecision::ByWord : ProximityPrecision::ByAttribute;
    } else if (name == "pagination") {
        change(
            value, "maxTotalHits", [&](const json::Value& v) { settings.max_total_hits = v.unsigned_integer(); },
            [&] { settings.max_total_hits = Settings().max_total_hits; });
    } else if (name == "searchCutoffMs") {
        settings.search_cutoff_ms = value.unsigned_integer();
    } else if (name == "facetSearch") {
        settings.facet_search = value.boolean();
    } else if (name == "prefixSearch") {
        settings.prefix_search = value.string() == "disabled" ? PrefixSearch::Disabled : PrefixSearch::IndexingTime;
    } else {
        apply_lists(settings, name, value);
    }
    return {};
}

void apply_list_reset(Settings& settings, std::string_view name) {
    const Settings ordinary;
    if (name == "displayedAttributes") settings.displayed_attributes.reset();
    if (name == "searchableAttributes") settings.searchable_attributes.reset();
    if (name == "filterableAttributes") settings.filterable_attributes.clear();
    if (name == "sortableAttributes") settings.sortable_attributes.clear();
    if (name == "foreignKeys") settings.foreign_keys.clear();
    if (name == "rankingRules") settings.ranking_rules = ordinary.ranking_rules;
    if (name == "stopWords") settings.stop_words.clear();
    if (name == "nonSeparatorTokens") settings.non_separator_tokens.clear();
    if (name == "separatorTokens") settings.separator_tokens.clear();
    if (name == "dictionary") settings.dictionary.clear();
    if (name == "synonyms") settings.synonyms.clear();
    if (name == "localizedAttributes") settings.localized_attributes.reset();
}

void apply_reset(Settings& settings, std::string_view name) {
    const Settings ordinary;
    if (name == "distinctAttribute") settings.distinct_attribute.reset();
    if (name == "proximityPrecision") settings.proximity_precision = ordinary.proximity_precision;
    if (name == "typoTolerance") settings.typo_tolerance = ordinary.typo_tolerance;
    if (name == "faceting") {
        settings.max_values_per_facet = ordinary.max_values_per_facet;
        settings.sort_facet_values_by = ordinary.sort_facet_values_by;
    }
    if (name == "pagination") settings.max_total_hits = ordinary.max_total_hits;
    if (name == "embedders") settings.embedders.clear();
    if (name == "searchCutoffMs") settings.search_cutoff_ms.reset();
    if (name == "facetSearch") settings.facet_search = ordinary.facet_search;
    if (name == "prefixSearch") settings.prefix_search = ordinary.prefix_search;
    if (name == "chat") settings.chat = ordinary.chat;
    apply_list_reset(settings, name);
}

}  // namespace

FacetOrder Settings::facet_order(std::string_view field) const {
    if (const auto own = sort_facet_values_by.find(std::string(field)); own != sort_facet_values_by.end()) {
        return own->second;
    }
    const auto all = sort_facet_values_by.find("*");
    return all == sort_facet_values_by.end() ? FacetOrder::Alpha : all->second;
}

bool Settings::has_separated_attribute_rules() const {
    return std::ranges::any_of(ranking_rules, [](const RankingRule& rule) {
        return rule.kind == RankingRule::Kind::AttributeRank || rule.kind == RankingRule::Kind::WordPosition;
    });
}

Result<Settings> apply_patch(Settings settings, const SettingsPatch& patch) {
    for (const json::Member& member : patch.changes) {
        if (member.second.is_null()) apply_reset(settings, member.first);
        else MIROIR_CHECK(apply_value(settings, member.first, member.second));
    }
    return settings;
}

}  // namespace miroir::protocol
