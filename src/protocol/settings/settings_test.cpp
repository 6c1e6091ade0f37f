#include "protocol/settings/settings.h"

#include <gtest/gtest.h>

#include "json/parse.h"
#include "json/write.h"
#include "protocol/settings/template_check.h"

namespace miroir::protocol {
namespace {

constexpr SettingsGates kClosed{};

std::string refusal(std::string_view body) {
    const auto patch = parse_settings(*json::parse(body), kClosed);
    if (patch) return "accepted";
    return std::string(error_row(patch.error().code).wire) + ": " + patch.error().message;
}

// The settings after these patches, one after the other; the last refusal of a task, if any.
struct After {
    Settings settings;
    std::string fault;
    std::string details;
};
After after(std::initializer_list<std::string_view> bodies, const SettingsGates& gates = kClosed) {
    After out;
    for (const std::string_view body : bodies) {
        const auto patch = parse_settings(*json::parse(body), gates);
        if (!patch) {
            out.fault = patch.error().message;
            continue;
        }
        out.details = json::to_text(settings_task_details(*patch));
        if (auto applied = apply_patch(out.settings, *patch)) out.settings = std::move(*applied);
        else out.fault = applied.error().message;
    }
    return out;
}

std::string shown(const Settings& settings, std::string_view route) {
    return json::to_text(setting_to_json(settings, *setting_by_route(route)));
}

TEST(Settings, DefaultsAreTheEngines) {
    EXPECT_EQ(
        json::to_text(to_json(Settings{}, kClosed)),
        R"({"displayedAttributes":["*"],"searchableAttributes":["*"],"filterableAttributes":[],"sortableAttributes":[],)"
        R"("rankingRules":["words","typo","proximity","attributeRank","sort","wordPosition","exactness"],"stopWords":[],)"
        R"("nonSeparatorTokens":[],"separatorTokens":[],"dictionary":[],"synonyms":{},"distinctAttribute":null,)"
        R"("proximityPrecision":"byWord","typoTolerance":{"enabled":true,"minWordSizeForTypos":{"oneTypo":5,"twoTypos":9},)"
        R"("disableOnWords":[],"disableOnAttributes":[],"disableOnNumbers":false},"faceting":{"maxValuesPerFacet":100,)"
        R"("sortFacetValuesBy":{"*":"alpha"}},"pagination":{"maxTotalHits":1000},"embedders":{},"searchCutoffMs":null,)"
        R"("localizedAttributes":null,"facetSearch":true,"prefixSearch":"indexingTime"})");
}

TEST(Settings, RefusalsAreTheEngines) {
    const std::pair<std::string_view, std::string_view> kCases[] = {
        {R"({"filterableAttributes":[{"features":{}}]})",
         "invalid_settings_filterable_attributes: Missing field `attributePatterns` inside `.filterableAttributes[0]`"},
        {R"({"rankingRules":["typo","bogus"]})",
         "invalid_settings_ranking_rules: Invalid value at `.rankingRules[1]`: `bogus` ranking rule is invalid. Valid "
         "ranking rules are words, typo, sort, proximity, attribute, exactness and custom ranking rules."},
        {R"({"rankingRules":["_geoPoint(1, 2):asc"]})",
         "invalid_settings_ranking_rules: Invalid value at `.rankingRules[0]`: `_geoPoint` is a reserved keyword and "
         "thus can't be used as a ranking rule. `_geoPoint` can only be used for sorting at search time"},
        {R"({"rankingRules":["attribute","wordPosition"]})",
         "invalid_settings_ranking_rules: Mixed usage of the attribute, attributeRank, and wordPosition ranking rules. "
         "You must either use the attribute ranking rule alone or the attributeRank and wordPosition ranking rules."},
        {R"({"typoTolerance":{"minWordSizeForTypos":{"oneTypo":9,"twoTypos":5}}})",
         "invalid_settings_typo_tolerance: Invalid value at `.typoTolerance.minWordSizeForTypos`: "
         "`minWordSizeForTypos` setting is invalid. `oneTypo` and `twoTypos` fields should be between `0` and `255`, "
         "and `twoTypos` should be greater or equals to `oneTypo` but found `oneTypo: 9` and twoTypos: 5`."},
        {R"({"pagination":{"maxTotalHits":0}})",
         "invalid_settings_pagination: Invalid value at `.pagination.maxTotalHits`: a non-zero integer value lower "
         "than `18446744073709551615` was expected, but found a zero"},
        {R"({"faceting":{"sortFacetValuesBy":{"a":"size"}}})",
         "invalid_settings_faceting: Unknown value `size` at `.faceting.sortFacetValuesBy.a`: expected one of `alpha`, "
         "`count`"},
        {R"({"embedders":{"e":{"source":"userProvided"}}})",
         "invalid_settings_embedders: `.embedders.e`: Missing field `dimensions` (note: this field is mandatory for "
         "source `userProvided`)"},
        {R"({"embedders":{"e":{"source":"userProvided","dimensions":3,"apiKey":"x"}}})",
         "invalid_settings_embedders: `.embedders.e`: Field `apiKey` unavailable for source `userProvided`.\n  - note: "
         "`apiKey` is available for sources: `openAi`, `ollama`, `rest`\n  - note: available fields for source "
         "`userProvided`: `source`, `dimensions`, `distribution`, `binaryQuantized`"},
        {R"({"foreignKeys":[]})",
         "feature_not_enabled: setting `foreignKeys` in the index settings requires enabling the `foreign_keys` "
         "experimental feature. See https://github.com/orgs/meilisearch/discussions/873"},
    };
    for (const auto& [body, expected] : kCases) EXPECT_EQ(refusal(body), expected) << body;
    const auto alone =
        parse_setting(*setting_by_route("filterable-attributes"),
                      *json::parse(R"([{"attributePatterns":["a"],"features":{"filter":{"regex":1}}}])"), kClosed);
    ASSERT_FALSE(alone);
    EXPECT_EQ(alone.error().message,
              "Unknown field `regex` inside `[0].features.filter`: expected one of `equality`, `comparison`");
}

TEST(Settings, MembersMergeAndNullResets) {
    const After typo =
        after({R"({"typoTolerance":{"enabled":false,"minWordSizeForTypos":{"oneTypo":3}}})",
               R"({"typoTolerance":{"minWordSizeForTypos":{"twoTypos":7},"disableOnWords":["Été","ŒUF"]}})",
               R"({"typoTolerance":{"enabled":null}})"});
    EXPECT_EQ(shown(typo.settings, "typo-tolerance"),
              R"({"enabled":true,"minWordSizeForTypos":{"oneTypo":3,"twoTypos":7},"disableOnWords":["ete","oeuf"],)"
              R"("disableOnAttributes":[],"disableOnNumbers":false})");
    const After facets = after({R"({"faceting":{"sortFacetValuesBy":{"b":"count"},"maxValuesPerFacet":5}})",
                                R"({"faceting":{"sortFacetValuesBy":{"c":"alpha"}}})"});
    EXPECT_EQ(shown(facets.settings, "faceting"),
              R"({"maxValuesPerFacet":5,"sortFacetValuesBy":{"*":"alpha","c":"alpha"}})");
    EXPECT_EQ(shown(after({R"({"typoTolerance":{"disableOnNumbers":true}})", R"({"typoTolerance":null})"}).settings,
                    "typo-tolerance"),
              shown(Settings{}, "typo-tolerance"));
}

TEST(Settings, ListsTakeTheirNormalForm) {
    const After lists = after({R"({"searchableAttributes":["b","a","b"],"sortableAttributes":["z","a"],)"
                               R"("stopWords":["the","a"],"displayedAttributes":["x","*"],)"
                               R"("localizedAttributes":[{"attributePatterns":["*"],"locales":["en","jpn"]}],)"
                               R"("filterableAttributes":["p",{"attributePatterns":["q*"]}]})"});
    EXPECT_EQ(shown(lists.settings, "searchable-attributes"), R"(["b","a"])");
    EXPECT_EQ(shown(lists.settings, "sortable-attributes"), R"(["a","z"])");
    EXPECT_EQ(shown(lists.settings, "stop-words"), R"(["a","the"])");
    EXPECT_EQ(shown(lists.settings, "displayed-attributes"), R"(["*"])");
    EXPECT_EQ(shown(lists.settings, "localized-attributes"),
              R"([{"attributePatterns":["*"],"locales":["eng","jpn"]}])");
    EXPECT_EQ(shown(lists.settings, "filterable-attributes"),
              R"(["p",{"attributePatterns":["q*"],"features":{"facetSearch":false,"filter":{"equality":true,)"
              R"("comparison":false}}}])");
    EXPECT_EQ(lists.details.substr(0, 76),
              R"({"displayedAttributes":["x","*"],"searchableAttributes":["b","a","b"],"filte)");
}

TEST(Settings, TasksFailOnWhatOnlyTheWholeShows) {
    EXPECT_TRUE(after({R"({"typoTolerance":{"minWordSizeForTypos":{"oneTypo":20}}})"})
                    .fault.ends_with("but found `oneTypo: 20` and twoTypos: 9`."));
    const After quantized =
        after({R"({"embedders":{"u":{"source":"userProvided","dimensions":3,"binaryQuantized":true}}})",
               R"({"embedders":{"u":{"binaryQuantized":false}}})"});
    EXPECT_TRUE(quantized.fault.starts_with("`.embedders.u.binaryQuantized`: Cannot disable the binary quantization."));
    EXPECT_TRUE(quantized.settings.embedders.at("u").binary_quantized);
}

TEST(Settings, EmbeddersInsideOthersMergeToo) {
    const auto shown = [](std::initializer_list<std::string_view> patches) {
        const After merged = after(patches, {.composite_embedders = true});
        EXPECT_EQ(merged.fault, "");
        return json::to_text(*setting_to_json(merged.settings, *setting_by_route("embedders")).find("c"));
    };
    constexpr std::string_view kBoth =
        R"({"embedders":{"c":{"source":"composite","searchEmbedder":{"url":"http://s/","source":"rest","request":1,)"
        R"("response":2},"indexingEmbedder":{"source":"rest","url":"http://i/","request":1,"response":2,)"
        R"("documentTemplate":"t"}}}})";
    EXPECT_EQ(shown({kBoth}),
              R"({"source":"composite","searchEmbedder":{"source":"rest","url":"http://s/","request":1,"response":2,)"
              R"("headers":{}},"indexingEmbedder":{"source":"rest","documentTemplate":"t",)"
              R"("documentTemplateMaxBytes":400,"url":"http://i/","request":1,"response":2,"headers":{}}})");
    // A new source keeps what both know, as outside.
    EXPECT_EQ(
        shown(
            {kBoth,
             R"({"embedders":{"c":{"searchEmbedder":{"source":"rest","apiKey":"k"},"indexingEmbedder":{"apiKey":"l"}}}})",
             R"({"embedders":{"c":{"indexingEmbedder":{"source":"ollama","model":"m"}}}})"}),
        R"({"source":"composite","searchEmbedder":{"source":"rest","apiKey":"k","url":"http://s/","request":1,)"
        R"("response":2,"headers":{}},"indexingEmbedder":{"source":"ollama","model":"m","apiKey":"l",)"
        R"("documentTemplate":"t","documentTemplateMaxBytes":400}})");
}

TEST(Settings, EmbeddersMergeAndHideTheirKeys) {
    const After merged = after(
        {R"({"embedders":{"u":{"source":"userProvided","dimensions":3},"o":{"apiKey":"abcdefghijklmnopqrstuv"}}})",
         R"({"embedders":{"u":{"distribution":{"mean":0.5,"sigma":0.1}}}})"});
    EXPECT_EQ(merged.fault, "");
    const json::Value shown_embedders = setting_to_json(merged.settings, *setting_by_route("embedders"));
    EXPECT_EQ(json::to_text(*shown_embedders.find("u")),
              R"({"source":"userProvided","dimensions":3,"distribution":{"mean":0.5,"sigma":0.1}})");
    EXPECT_EQ(shown_embedders.find("o")->find("apiKey")->string(), "abcXXXXX...");
    EXPECT_EQ(shown_embedders.find("o")->find("model")->string(), "text-embedding-3-small");
    EXPECT_EQ(after({R"({"embedders":{"u":{"source":"userProvided","dimensions":3}}})", R"({"embedders":{"u":null}})"})
                  .settings.embedders.size(),
              0U);
    EXPECT_EQ(masked_secret("123456789"), "XXX...");
    EXPECT_EQ(masked_secret("ひらがな6789012345678901234567890"), "ひらXXXXXX...");
}

TEST(Settings, TheStoredFormComesBackEqual) {
    const After all =
        after({R"({"displayedAttributes":["a"],"filterableAttributes":["p",{"attributePatterns":["q*"]}],)"
               R"("synonyms":{"b":["c"],"a":["d"]},"distinctAttribute":"d","searchCutoffMs":7,)"
               R"("rankingRules":["words","p:desc"],"prefixSearch":"disabled","facetSearch":false,)"
               R"("embedders":{"o":{"apiKey":"a secret that stays"}},"localizedAttributes":[]})"});
    const auto back = settings_from_store(*json::parse(json::to_text(settings_to_store(all.settings))));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, all.settings);
}

TEST(Settings, ResetOfAllGivesNullsAndStars) {
    const std::string details = json::to_text(settings_task_details(reset_settings()));
    EXPECT_TRUE(details.starts_with(
        R"({"displayedAttributes":["*"],"searchableAttributes":["*"],"filterableAttributes":null,)"));
    const After changed = after({R"({"stopWords":["a"],"pagination":{"maxTotalHits":3}})"});
    EXPECT_EQ(*apply_patch(changed.settings, reset_settings()), Settings{});
}

TEST(AttributePatterns, StarsAndNesting) {
    EXPECT_EQ(match_pattern("a*", "abc"), PatternMatch::Match);
    EXPECT_EQ(match_pattern("*c", "abc"), PatternMatch::Match);
    EXPECT_EQ(match_pattern("*b*", "abc"), PatternMatch::Match);
    EXPECT_EQ(match_pattern("a", "a.b"), PatternMatch::None);
    EXPECT_EQ(match_pattern("a.b", "a"), PatternMatch::Parent);
    EXPECT_EQ(match_field("a", "a.b"), PatternMatch::Match);
    EXPECT_EQ(match_field("a", "ab"), PatternMatch::None);
}

TEST(ChatTemplate, IsReadAsTheEngineReadsIt) {
    for (const char* good :
         {"", "plain { text }", "{{doc.title}}", "{{ doc.a[0]['b c'].d-e | truncatewords: 3, k: \"x\" }}",
          "{{- doc.x -}}", "{% raw %}{{ doc. {% endraw %}", "{{ 'a' | append: doc.b }}", "{{ -1.5 }}"}) {
        EXPECT_TRUE(check_chat_template(good)) << good;
    }
    for (const char* good : {"{% if doc.a %}x{% else %}y{% endif %}", "{% comment %}{% foo %}{% endcomment %}",
                             "{% assign a = 1 %}{{a}}", "{%- for f in fields -%}{{f.name}}{%- endfor -%}", "}}%}"})
        EXPECT_TRUE(check_chat_template(good)) << good;
    // As the engine tells it: the column, and what it says below the line.
    using Told = std::pair<const char*, const char*>;
    for (const auto& [bad, told] :
         {Told("{{", "1:3 expected Value"),
          Told("{{ }}", "1:4 expected Value"),
          Told("{{ doc. }}", "1:8 expected Identifier"),
          Told("{{ doc.x | }}", "1:12 expected Identifier"),
          Told("{{doc.x", "1:3 expected Literal"),
          Told("a {{ b }} {{ c", "1:14 expected Literal"),
          Told("{{ doc.x | up", "1:4 expected Literal"),
          Told("{{ 'x }}", "1:4 expected Value"),
          Told("{{ 'a' b", "1:4 expected NilLiteral, EmptyLiteral, or BlankLiteral"),
          Told("{{ blank b", "1:4 expected NilLiteral or EmptyLiteral"),
          Told("{{ nil b", "1:1 expected LiquidFile"),
          Told("{{ 1",
               "1:4 expected NilLiteral, EmptyLiteral, BlankLiteral, StringLiteral, or "
               "FloatLiteral"),
          Told("{{ doc[ }}", "1:9 expected Value"),
          Told("{{ doc[b.c]", "1:8 expected Literal"),
          Told("{{ doc['a'] x }}", "1:8 expected NilLiteral, EmptyLiteral, or BlankLiteral"),
          Told("{{ doc | f: b c }}", "1:13 expected KeywordFilterArgument or Literal"),
          Told("{{ doc | f: k: b c }}", "1:16 expected Literal"),
          Told("{{ doc | f: 'b' c }}", "1:13 expected Identifier, NilLiteral, EmptyLiteral, or BlankLiteral"),
          Told("{{ doc.x | truncate: }}", "1:22 expected Identifier or Value"),
          Told("{{ doc | f: a: }}", "1:16 expected Value"),
          Told("{{ doc | f: a: 1, }}", "1:19 expected Identifier or Value"),
          Told("{%", "1:3 expected Identifier"),
          Told("{% if doc.a %}x", "1:16 Unclosed block. {% endif %} tag expected."),
          Told("{% endfor %}", "1:4 Unknown tag.")}) {
        const auto fault = template_fault(bad);
        ASSERT_TRUE(fault) << bad;
        const std::string_view words = std::string_view(*fault).substr(fault->find("--> ") + 4);
        const std::size_t said = words.find("= ");
        EXPECT_EQ(std::string(words.substr(0, words.find('\n'))) + " " +
                      std::string(words.substr(said + 2, words.find('\n', said) - said - 2)),
                  told)
            << bad;
    }
    EXPECT_TRUE(template_fault("{% foo %}")
                    ->contains("1 | {% foo %}\n  |    ^-^\n  |\n  = Unknown tag.\n  with:\n    "
                               "requested=foo\n    available tags=assign, break, "));
    EXPECT_EQ(
        check_chat_template("a\n{{ doc.").error().message,
        "`.chat.documentTemplate`: Invalid document template: user error: cannot parse template: liquid:  --> 2:8\n"
        "  |\n2 | {{ doc.\n  |        ^---\n  |\n  = expected Identifier\n.");
}

}  // namespace
}  // namespace miroir::protocol
