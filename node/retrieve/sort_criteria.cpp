#include "node/retrieve/sort_criteria.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "node/retrieve/refusals.h"
#include "protocol/settings/settings.h"
#include "protocol/text_normal.h"

namespace miroir::node {
namespace {

constexpr std::string_view kPoint = "_geoPoint(";
constexpr std::string_view kByPoint =
    " Use the _geoPoint(latitude, longitude) built-in rule to sort on _geo field "
    "coordinates.";

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\n\r\v\f");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\n\r\v\f") - first + 1);
}

std::optional<double> number(std::string_view text) {
    text = trimmed(text);
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string degrees(double value) { return protocol::facet_number(value); }

std::string bad_latitude(double lat) {
    return "Bad latitude `" + degrees(lat) + "`. Latitude must be contained between -90 and 90 degrees.";
}

std::string bad_longitude(double lng) {
    double turned = std::fmod(lng + 180.0, 360.0);
    if (turned < 0) turned += 360.0;
    return "Bad longitude `" + degrees(lng) +
           "`. Longitude must be contained between -180 and 180 degrees. Hint: try using `" + degrees(turned - 180.0) +
           "` instead.";
}

std::string reserved(std::string_view name) {
    if (name.starts_with("_geoPoint")) {
        return "Invalid syntax for the geo parameter: expected expression formated like `_geoPoint(latitude, "
               "longitude)` "
               "and ending by `:asc` or `:desc`, found `" +
               std::string(name) + "`.";
    }
    const auto sentence = [](std::string_view word) {
        return "`" + std::string(word) + "` is a reserved keyword and thus can't be used as a sort expression.";
    };
    if (name == "_geo") return sentence(name) + std::string(kByPoint);
    if (name.starts_with("_geoRadius")) return sentence("_geoRadius") + std::string(kByPoint);
    if (name.starts_with("_geoBoundingBox")) return sentence("_geoBoundingBox") + std::string(kByPoint);
    return sentence(name);
}

bool is_reserved(std::string_view name) {
    static constexpr std::array<std::string_view, 5> kWords{"_geo", "_geoDistance", "_geoPoint", "_geoRadius",
                                                            "_geoBoundingBox"};
    static constexpr std::array<std::string_view, 4> kCalls{"_geoRadius(", "_geoBoundingBox(", "_geo(",
                                                            "_geoDistance("};
    return std::ranges::find(kWords, name) != kWords.end() ||
           std::ranges::any_of(kCalls, [&](std::string_view call) { return name.starts_with(call); });
}

Result<SortCriterion> parse_member(std::string_view text, ErrorCode code) {
    SortCriterion criterion;
    if (!text.starts_with(kPoint) || !text.ends_with(')')) {
        if (is_reserved(text)) return fail(code, reserved(text));
        criterion.field = text;
        return criterion;
    }
    const std::string_view inner = text.substr(kPoint.size(), text.size() - kPoint.size() - 1);
    const std::size_t comma = inner.find(',');
    if (comma == std::string_view::npos) return fail(code, reserved(text));
    const auto lat = number(inner.substr(0, comma));
    const auto lng = number(inner.substr(comma + 1));
    if (!lat || !lng) return fail(code, reserved(text));
    if (!(*lat >= -90.0 && *lat <= 90.0)) return fail(code, bad_latitude(*lat));
    if (!(*lng >= -180.0 && *lng <= 180.0)) return fail(code, bad_longitude(*lng));
    criterion.point = GeoPoint{.lat = *lat, .lng = *lng};
    return criterion;
}

bool is_sortable(const Index& index, const SortCriterion& criterion) {
    const auto& names = index.settings().sortable_attributes;
    if (criterion.point) return names.contains("_geo");
    return std::ranges::any_of(names,
                               [&](const std::string& name) { return protocol::is_nested_in(criterion.field, name); });
}

std::string_view name_of(const SortCriterion& criterion) {
    return criterion.point ? std::string_view("_geo") : std::string_view(criterion.field);
}

}  // namespace

Result<std::vector<SortCriterion>> parse_sort(const std::vector<std::string>& sort, ErrorCode code) {
    std::vector<SortCriterion> criteria;
    for (const std::string& text : sort) {
        const std::size_t colon = text.rfind(':');
        const std::string_view way = colon == std::string::npos ? "" : std::string_view(text).substr(colon + 1);
        if (way != "asc" && way != "desc") {
            return fail(code,
                        "Invalid syntax for the sort parameter: expected expression ending by `:asc` or `:desc`, "
                        "found `" +
                            text + "`.");
        }
        MIROIR_TRY(SortCriterion criterion, parse_member(std::string_view(text).substr(0, colon), code));
        criterion.ascending = way == "asc";
        criteria.push_back(std::move(criterion));
    }
    return criteria;
}

Result<void> check_sort_in_search(const Index& index, const std::vector<SortCriterion>& sort) {
    if (sort.empty()) return {};
    const auto& rules = index.settings().ranking_rules;
    const bool has_rule = std::ranges::any_of(
        rules, [](const protocol::RankingRule& rule) { return rule.kind == protocol::RankingRule::Kind::Sort; });
    if (!has_rule) {
        return fail(ErrorCode::InvalidSearchSort,
                    "You must specify where `sort` is listed in the rankingRules setting to use the sort parameter at "
                    "search time.");
    }
    for (const SortCriterion& criterion : sort) {
        if (!is_sortable(index, criterion)) return fail(not_sortable_in_search(index, name_of(criterion)));
    }
    return {};
}

Result<void> check_sort_in_documents(const Index& index, const std::vector<SortCriterion>& sort) {
    for (const SortCriterion& criterion : sort) {
        if (!is_sortable(index, criterion)) return fail(not_sortable_in_documents(index, name_of(criterion)));
    }
    return {};
}

std::optional<GeoPoint> sort_point(const std::vector<std::string>& sort) {
    for (const std::string& text : sort) {
        const auto parsed = parse_sort({text}, ErrorCode::InvalidSearchSort);
        if (parsed && parsed->front().point) return parsed->front().point;
    }
    return std::nullopt;
}

}  // namespace miroir::node
