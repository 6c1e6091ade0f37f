// An index's settings: the canonical values (Settings), what a request wants changed (SettingsPatch), and the way
// from one to the other. Rendering is the engine's, member for member in its order. Pure values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "protocol/settings/attribute_pattern.h"

namespace miroir::protocol {

struct RankingRule {
    enum class Kind : std::uint8_t {
        Words,
        Typo,
        Proximity,
        Attribute,
        AttributeRank,
        WordPosition,
        Sort,
        Exactness,
        Asc,
        Desc
    };
    Kind kind = Kind::Words;
    std::string field;  // Asc, Desc
    bool operator==(const RankingRule&) const = default;
};
std::string to_text(const RankingRule& rule);                                       // "price:asc"
std::expected<RankingRule, std::string> parse_ranking_rule(std::string_view text);  // or the engine's sentence
std::vector<RankingRule> default_ranking_rules();

enum class ProximityPrecision : std::uint8_t { ByWord, ByAttribute };
enum class PrefixSearch : std::uint8_t { IndexingTime, Disabled };
enum class FacetOrder : std::uint8_t { Alpha, Count };

struct TypoTolerance {
    bool enabled = true;
    std::uint8_t one_typo = 5;  // shortest word that may have one
    std::uint8_t two_typos = 9;
    std::set<std::string> disable_on_words;  // lower-cased, without accents, as stored
    std::set<std::string> disable_on_attributes;
    bool disable_on_numbers = false;
    bool operator==(const TypoTolerance&) const = default;
};

struct LocalizedRule {
    std::vector<std::string> attribute_patterns;
    std::vector<std::string> locales;
    bool operator==(const LocalizedRule&) const = default;
};

struct ForeignKey {
    std::string foreign_index_uid;
    std::string field_name;
    bool operator==(const ForeignKey&) const = default;
};

enum class EmbedderSource : std::uint8_t { OpenAi, HuggingFace, Ollama, UserProvided, Rest, Composite };

struct EmbedderSettings {
    EmbedderSource source = EmbedderSource::OpenAi;
    std::optional<std::uint64_t> dimensions;
    bool binary_quantized = false;
    struct Distribution {
        float mean = 0, sigma = 0;
        bool operator==(const Distribution&) const = default;
    };
    std::optional<Distribution> distribution;
    json::Object members;  // everything, as rendered but with the api key in clear
    bool operator==(const EmbedderSettings&) const = default;
};

struct Settings {
    std::optional<std::vector<std::string>> displayed_attributes;   // none: all ("*")
    std::optional<std::vector<std::string>> searchable_attributes;  // none: all ("*")
    std::vector<FilterableRule> filterable_attributes;
    std::set<std::string> sortable_attributes;
    std::vector<ForeignKey> foreign_keys;
    std::vector<RankingRule> ranking_rules = default_ranking_rules();
    std::set<std::string> stop_words;
    std::set<std::string> non_separator_tokens;
    std::set<std::string> separator_tokens;
    std::set<std::string> dictionary;
    std::map<std::string, std::vector<std::string>> synonyms;
    std::optional<std::string> distinct_attribute;
    ProximityPrecision proximity_precision = ProximityPrecision::ByWord;
    TypoTolerance typo_tolerance;
    std::uint64_t max_values_per_facet = 100;
    std::map<std::string, FacetOrder> sort_facet_values_by = {{"*", FacetOrder::Alpha}};
    std::uint64_t max_total_hits = 1000;
    std::map<std::string, EmbedderSettings> embedders;
    std::optional<std::uint64_t> search_cutoff_ms;  // none: 1500
    std::optional<std::vector<LocalizedRule>> localized_attributes;
    bool facet_search = true;
    PrefixSearch prefix_search = PrefixSearch::IndexingTime;
    json::Object chat;  // the members that were set
    bool operator==(const Settings&) const = default;

    FacetOrder facet_order(std::string_view field) const;  // the field's own, else that of "*"
    bool has_separated_attribute_rules() const;            // attributeRank or wordPosition is in use
};

// Which experimental features show members of the settings, or allow embedders.
struct SettingsGates {
    bool chat_completions = false;
    bool foreign_keys = false;
    bool multimodal = false;
    bool composite_embedders = false;
};

// One row a setting: its name in JSON, its sub-route, the writer's verb and the code of its refusals.
struct SettingRow {
    std::string_view name;   // "filterableAttributes"
    std::string_view route;  // "filterable-attributes"
    std::string_view verb;   // "PUT" | "PATCH"
    ErrorCode code;
};
std::span<const SettingRow> setting_rows();  // in the order of rendering
const SettingRow* setting_by_route(std::string_view route);

// What a request changes: the members it gave, checked, as JSON in the engine's order and normal form (lists that the
// engine sorts are sorted, defaults inside filterable rules written out). Null means reset.
struct SettingsPatch {
    json::Object changes;
    bool is_reset = false;  // DELETE of all: every member is null
    bool operator==(const SettingsPatch&) const = default;
};

Result<SettingsPatch> parse_settings(const json::Value& body, const SettingsGates& gates);
Result<SettingsPatch> parse_setting(const SettingRow& row, const json::Value& body, const SettingsGates& gates);
SettingsPatch reset_settings();
SettingsPatch reset_setting(const SettingRow& row);

// The settings after the patch; fails as the engine's task fails (embedder faults).
Result<Settings> apply_patch(Settings settings, const SettingsPatch& patch);

json::Object to_json(const Settings& settings, const SettingsGates& gates);    // GET …/settings
json::Value setting_to_json(const Settings& settings, const SettingRow& row);  // GET …/settings/x
json::Object settings_task_details(const SettingsPatch& patch);                // secrets masked
// Reads the canonical form written by to_json() with all gates open and secrets in clear.
json::Object settings_to_store(const Settings& settings);
Result<Settings> settings_from_store(const json::Value& stored);

std::string masked_secret(std::string secret);
// The sentence for words that may have one typo later than two.
std::string typo_sizes_refusal(std::uint64_t one_typo, std::uint64_t two_typos);

}  // namespace miroir::protocol
