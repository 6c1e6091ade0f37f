// Requests on settings: one row a setting, checked and brought to its normal form.
#include <algorithm>
#include <array>

#include "json/write.h"
#include "protocol/features.h"
#include "protocol/locales.h"
#include "protocol/settings/embedder.h"
#include "protocol/settings/settings.h"

namespace miroir::protocol {

namespace {

// In the order in which the engine renders them.
constexpr std::array<SettingRow, 22> kRows = {{
    {"displayedAttributes", "displayed-attributes", "PUT", ErrorCode::InvalidSettingsDisplayedAttributes},
    {"searchableAttributes", "searchable-attributes", "PUT", ErrorCode::InvalidSettingsSearchableAttributes},
    {"filterableAttributes", "filterable-attributes", "PUT", ErrorCode::InvalidSettingsFilterableAttributes},
    {"sortableAttributes", "sortable-attributes", "PUT", ErrorCode::InvalidSettingsSortableAttributes},
    {"foreignKeys", "foreign-keys", "PUT", ErrorCode::InvalidSettingsForeignKeys},
    {"rankingRules", "ranking-rules", "PUT", ErrorCode::InvalidSettingsRankingRules},
    {"stopWords", "stop-words", "PUT", ErrorCode::InvalidSettingsStopWords},
    {"nonSeparatorTokens", "non-separator-tokens", "PUT", ErrorCode::InvalidSettingsNonSeparatorTokens},
    {"separatorTokens", "separator-tokens", "PUT", ErrorCode::InvalidSettingsSeparatorTokens},
    {"dictionary", "dictionary", "PUT", ErrorCode::InvalidSettingsDictionary},
    {"synonyms", "synonyms", "PUT", ErrorCode::InvalidSettingsSynonyms},
    {"distinctAttribute", "distinct-attribute", "PUT", ErrorCode::InvalidSettingsDistinctAttribute},
    {"proximityPrecision", "proximity-precision", "PUT", ErrorCode::InvalidSettingsProximityPrecision},
    {"typoTolerance", "typo-tolerance", "PATCH", ErrorCode::InvalidSettingsTypoTolerance},
    {"faceting", "faceting", "PATCH", ErrorCode::InvalidSettingsFaceting},
    {"pagination", "pagination", "PATCH", ErrorCode::InvalidSettingsPagination},
    {"embedders", "embedders", "PATCH", ErrorCode::InvalidSettingsEmbedders},
    {"searchCutoffMs", "search-cutoff-ms", "PUT", ErrorCode::InvalidSettingsSearchCutoffMs},
    {"localizedAttributes", "localized-attributes", "PUT", ErrorCode::InvalidSettingsLocalizedAttributes},
    {"facetSearch", "facet-search", "PUT", ErrorCode::InvalidSettingsFacetSearch},
    {"prefixSearch", "prefix-search", "PUT", ErrorCode::InvalidSettingsPrefixSearch},
    {"chat", "chat", "PATCH", ErrorCode::InvalidSettingsIndexChat},
}};

Result<json::Value> normal_filterable_rule(const json::Value& value, const Place& place) {
    constexpr ErrorCode kCode = ErrorCode::InvalidSettingsFilterableAttributes;
    static const Shape filter =
        Shape(kCode).with_default("equality", normal_bool, true).with_default("comparison", normal_bool, false);
    static const json::Object default_filter{{"equality", true}, {"comparison", false}};
    static const Shape features =
        Shape(kCode).with_default("facetSearch", normal_bool, false).with_default("filter", filter, default_filter);
    static const json::Object default_features{{"facetSearch", false}, {"filter", default_filter}};
    static const Shape rule = Shape(kCode)
                                  .required("attributePatterns", normal_text_list)
                                  .with_default("features", features, default_features);
    return value.is_object() ? rule(value, place) : normal_text(value, place);
}

Result<json::Value> normal_ranking_rule(const json::Value& value, const Place& place) {
    std::string text;
    MIROIR_CHECK(read(value, place, text));
    const auto rule = parse_ranking_rule(text);
    if (!rule) return place.unexpected(rule.error());
    return json::Value(to_text(*rule));
}

Result<json::Value> normal_locale(const json::Value& value, const Place& place) {
    std::string code;
    MIROIR_CHECK(read_locale(value, place, code));
    return json::Value(code);
}

Result<json::Value> normal_word_sizes(const json::Value& value, const Place& place) {
    static const Shape shape = Shape(ErrorCode::InvalidSettingsTypoTolerance)
                                   .member("oneTypo", nullable(normal_byte))
                                   .member("twoTypos", nullable(normal_byte));
    MIROIR_TRY(json::Value sizes, shape(value, place));
    const json::Value* one = sizes.find("oneTypo");
    const json::Value* two = sizes.find("twoTypos");
    if (one == nullptr || two == nullptr || one->is_null() || two->is_null()) return sizes;
    if (one->unsigned_integer() <= two->unsigned_integer()) return sizes;
    return place.unexpected(typo_sizes_refusal(one->unsigned_integer(), two->unsigned_integer()));
}

Result<json::Value> normal_typo(const json::Value& value, const Place& place) {
    static const Shape shape = Shape(ErrorCode::InvalidSettingsTypoTolerance)
                                   .member("enabled", nullable(normal_bool))
                                   .member("minWordSizeForTypos", nullable(normal_word_sizes))
                                   .member("disableOnWords", nullable(normal_text_set))
                                   .member("disableOnAttributes", nullable(normal_text_set))
                                   .member("disableOnNumbers", nullable(normal_bool));
    return shape(value, place);
}

Result<json::Value> normal_unit(const json::Value& value, const Place& place, std::string_view name) {
    double number = 0;
    MIROIR_CHECK(read(value, place, number));
    if (number >= 0 && number <= 1) return json::Value(number);
    return place.unexpected("the value of `" + std::string(name) +
                            "` is invalid, expected a float between `0.0` and `1.0`.");
}

Result<json::Value> normal_chat(const json::Value& value, const Place& place) {
    constexpr ErrorCode kCode = ErrorCode::InvalidSettingsIndexChat;
    const auto unit = [](std::string_view name) {
        return [name](const json::Value& v, const Place& p) { return normal_unit(v, p, name); };
    };
    static const Shape hybrid =
        Shape(kCode).with_default("semanticRatio", unit("semanticRatio"), 0.5).required("embedder", normal_text);
    static const Shape search = Shape(kCode)
                                    .member("hybrid", nullable(hybrid))
                                    .member("limit", nullable(normal_unsigned))
                                    .member("sort", nullable(normal_text_list))
                                    .member("distinct", nullable(normal_text))
                                    .member("matchingStrategy", nullable(normal_word({"last", "all", "frequency"})))
                                    .member("attributesToSearchOn", nullable(normal_text_list))
                                    .member("rankingScoreThreshold", nullable(unit("rankingScoreThreshold")));
    static const Shape chat = Shape(kCode)
                                  .member("description", nullable(normal_text))
                                  .member("documentTemplate", nullable(normal_text))
                                  .member("documentTemplateMaxBytes", nullable(normal_unsigned))
                                  .member("searchParameters", nullable(search));
    return chat(value, place);
}

std::map<std::string_view, Normal> make_normals() {
    const Shape foreign_key = Shape(ErrorCode::InvalidSettingsForeignKeys)
                                  .required("foreignIndexUid", normal_text)
                                  .required("fieldName", normal_text);
    const Shape faceting = Shape(ErrorCode::InvalidSettingsFaceting)
                               .member("maxValuesPerFacet", nullable(normal_unsigned))
                               .member("sortFacetValuesBy", nullable(normal_map(normal_word({"alpha", "count"}))));
    const Shape pagination =
        Shape(ErrorCode::InvalidSettingsPagination).member("maxTotalHits", nullable(normal_positive));
    const Shape localized = Shape(ErrorCode::InvalidSettingsLocalizedAttributes)
                                .required("attributePatterns", normal_text_list)
                                .required("locales", normal_list(normal_locale));
    return {
        {"displayedAttributes", normal_text_list},
        {"searchableAttributes", normal_text_list},
        {"filterableAttributes", normal_list(normal_filterable_rule)},
        {"sortableAttributes", normal_text_set},
        {"foreignKeys", normal_list(foreign_key)},
        {"rankingRules", normal_list(normal_ranking_rule)},
        {"stopWords", normal_text_set},
        {"nonSeparatorTokens", normal_text_set},
        {"separatorTokens", normal_text_set},
        {"dictionary", normal_text_set},
        {"synonyms", normal_map(normal_text_list)},
        {"distinctAttribute", normal_text},
        {"proximityPrecision", normal_word({"byWord", "byAttribute"})},
        {"typoTolerance", normal_typo},
        {"faceting", faceting},
        {"pagination", pagination},
        {"embedders", normal_map(nullable(embedder_shape()))},
        {"searchCutoffMs", normal_unsigned},
        {"localizedAttributes", normal_list(localized)},
        {"facetSearch", normal_bool},
        {"prefixSearch", normal_word({"indexingTime", "disabled"})},
        {"chat", normal_chat},
    };
}

const Normal& normal_of(const SettingRow& row) {
    static const auto normals = make_normals();
    return normals.at(row.name);
}

bool has_value(const json::Value* value) { return value != nullptr && !value->is_null(); }

Result<void> check_gates(const json::Object& changes, const SettingsGates& gates) {
    if (const json::Value* embedders = changes.find("embedders"); has_value(embedders)) {
        for (const json::Member& member : embedders->object()) {
            if (member.second.is_object()) MIROIR_CHECK(check_embedder_gates(member.second.object(), gates));
        }
    }
    if (has_value(changes.find("chat"))) {
        MIROIR_CHECK(
            check_feature(gates.chat_completions, "setting `chat` in the index settings", Feature::ChatCompletions));
    }
    if (!has_value(changes.find("foreignKeys"))) return {};
    return check_feature(gates.foreign_keys, "setting `foreignKeys` in the index settings", Feature::ForeignKeys);
}

Result<void> check_ranking_rules(const json::Object& changes) {
    const json::Value* rules = changes.find("rankingRules");
    if (!has_value(rules)) return {};
    const auto has = [rules](std::string_view name) {
        return std::ranges::any_of(rules->array(), [name](const json::Value& rule) { return rule.string() == name; });
    };
    if (!has("attribute") || (!has("attributeRank") && !has("wordPosition"))) return {};
    return fail(ErrorCode::InvalidSettingsRankingRules,
                "Mixed usage of the attribute, attributeRank, and wordPosition ranking rules. You must either use the "
                "attribute ranking rule alone or the attributeRank and wordPosition ranking rules.");
}

Result<SettingsPatch> judged(json::Object changes, const SettingsGates& gates) {
    MIROIR_CHECK(check_gates(changes, gates));
    MIROIR_CHECK(check_ranking_rules(changes));
    if (const json::Value* embedders = changes.find("embedders"); has_value(embedders)) {
        for (const json::Member& member : embedders->object()) {
            if (member.second.is_null()) continue;
            MIROIR_CHECK(check_embedder_change(member.first, member.second.object()));
        }
    }
    return SettingsPatch{.changes = std::move(changes)};
}

FieldTable<json::Object> settings_table() {
    FieldTable<json::Object> table;
    for (const SettingRow& row : kRows) {
        const auto reader = [&row](json::Object& out, const json::Value& value, const Place& place) -> Result<void> {
            MIROIR_TRY(json::Value normal, nullable(normal_of(row))(value, place));
            out.set(row.name, std::move(normal));
            return {};
        };
        table = std::move(table).field(row.name, row.code, FieldTable<json::Object>::Reader(reader));
    }
    return table;
}

}  // namespace

std::string typo_sizes_refusal(std::uint64_t one_typo, std::uint64_t two_typos) {
    // The lone backquote at the end is the engine's.
    return "`minWordSizeForTypos` setting is invalid. `oneTypo` and `twoTypos` fields should be between `0` and `255`, "
           "and `twoTypos` should be greater or equals to `oneTypo` but found `oneTypo: " +
           std::to_string(one_typo) + "` and twoTypos: " + std::to_string(two_typos) + "`.";
}

std::span<const SettingRow> setting_rows() { return kRows; }

const SettingRow* setting_by_route(std::string_view route) {
    const auto* found = std::ranges::find(kRows, route, &SettingRow::route);
    return found == kRows.end() ? nullptr : found;
}

Result<SettingsPatch> parse_settings(const json::Value& body, const SettingsGates& gates) {
    static const auto table = settings_table();
    MIROIR_TRY(json::Object given, table.parse(body));
    json::Object ordered;
    for (const SettingRow& row : kRows) {
        if (json::Value* found = given.find(row.name)) ordered.append(std::string(row.name), std::move(*found));
    }
    return judged(std::move(ordered), gates);
}

Result<SettingsPatch> parse_setting(const SettingRow& row, const json::Value& body, const SettingsGates& gates) {
    MIROIR_TRY(json::Value normal, nullable(normal_of(row))(body, Place(Format::Json, row.code)));
    json::Object changes;
    changes.append(std::string(row.name), std::move(normal));
    return judged(std::move(changes), gates);
}

SettingsPatch reset_settings() {
    SettingsPatch patch{.is_reset = true};
    for (const SettingRow& row : kRows) patch.changes.append(std::string(row.name), json::Value());
    return patch;
}

SettingsPatch reset_setting(const SettingRow& row) {
    SettingsPatch patch;
    patch.changes.append(std::string(row.name), json::Value());
    return patch;
}

}  // namespace miroir::protocol
