#include "protocol/settings/settings.h"

namespace miroir::protocol {

namespace {

using Rule = RankingRule::Kind;

constexpr std::pair<std::string_view, Rule> kNames[] = {
    {"words", Rule::Words},
    {"typo", Rule::Typo},
    {"proximity", Rule::Proximity},
    {"attribute", Rule::Attribute},
    {"attributeRank", Rule::AttributeRank},
    {"wordPosition", Rule::WordPosition},
    {"sort", Rule::Sort},
    {"exactness", Rule::Exactness},
};

std::unexpected<std::string> refused(std::string_view name, std::string_view why) {
    return std::unexpected("`" + std::string(name) + "` " + std::string(why));
}

std::unexpected<std::string> reserved(std::string_view name, std::string_view only_for) {
    std::string why = "is a reserved keyword and thus can't be used as a ranking rule";
    if (!only_for.empty()) {
        why += ". `" + std::string(name) + "` can only be used for " + std::string(only_for) + " at search time";
    }
    return refused(name, why);
}

bool is_reserved(std::string_view field) {
    static constexpr std::string_view kWords[] = {"_geo",       "_geojson",        "_geoDistance", "_geoPoint",
                                                  "_geoRadius", "_geoBoundingBox", "_geoPolygon"};
    static constexpr std::string_view kCalls[] = {"_geoPoint(", "_geoRadius(", "_geoBoundingBox(", "_geo(",
                                                  "_geoDistance("};
    for (const std::string_view word : kWords) {
        if (field == word) return true;
    }
    for (const std::string_view call : kCalls) {
        // "_geoPoint(" is only meant as a point when it is closed.
        if (field.starts_with(call) && (call != "_geoPoint(" || field.ends_with(')'))) return true;
    }
    return false;
}

}  // namespace

std::string to_text(const RankingRule& rule) {
    if (rule.kind == Rule::Asc) return rule.field + ":asc";
    if (rule.kind == Rule::Desc) return rule.field + ":desc";
    return std::string(kNames[static_cast<std::size_t>(rule.kind)].first);
}

std::expected<RankingRule, std::string> parse_ranking_rule(std::string_view text) {
    for (const auto& [name, kind] : kNames) {
        if (text == name) return RankingRule{.kind = kind};
    }
    const std::size_t colon = text.rfind(':');
    const std::string_view direction = colon == std::string_view::npos ? "" : text.substr(colon + 1);
    if (direction != "asc" && direction != "desc") {
        return refused(text,
                       "ranking rule is invalid. Valid ranking rules are words, typo, sort, proximity, "
                       "attribute, exactness and custom ranking rules.");
    }
    const std::string_view field = text.substr(0, colon);
    if (is_reserved(field)) {
        if (field.starts_with("_geoPoint")) return reserved("_geoPoint", "sorting");
        if (field.starts_with("_geoRadius")) return reserved("_geoRadius", "filtering");
        if (field.starts_with("_geoBoundingBox")) return reserved("_geoBoundingBox", "filtering");
        return reserved(field, "");
    }
    return RankingRule{.kind = direction == "asc" ? Rule::Asc : Rule::Desc, .field = std::string(field)};
}

std::vector<RankingRule> default_ranking_rules() {
    return {{.kind = Rule::Words},         {.kind = Rule::Typo}, {.kind = Rule::Proximity},
            {.kind = Rule::AttributeRank}, {.kind = Rule::Sort}, {.kind = Rule::WordPosition},
            {.kind = Rule::Exactness}};
}

}  // namespace miroir::protocol
