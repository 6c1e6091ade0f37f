// What a well-formed filter may still be refused for: features that are off, fields that are not filterable,
// operators the field's rule does not allow, coordinates off the globe.

#include <cmath>

#include "protocol/coordinates.h"
#include "protocol/features.h"
#include "protocol/fields/read.h"
#include "protocol/filter/filter.h"
#include "protocol/text_normal.h"

namespace miroir::protocol {

namespace {

constexpr std::string_view kShardField = "_shard";
constexpr std::string_view kVectorsField = "_vectors";

// The first token, in reading order, of a condition that `found` recognises.
template <class Found>
const FilterToken* first_token(const Filter& filter, Found found) {
    if (const FilterToken* token = found(filter)) return token;
    for (const Filter& child : filter.children) {
        if (const FilterToken* token = first_token(child, found)) return token;
    }
    return nullptr;
}

// The engine walks with a stack: of several children the last comes first, and inside a foreign filter it does not
// look.
template <class Found>
const FilterToken* last_token(const Filter& filter, Found found) {
    if (const FilterToken* token = found(filter)) return token;
    if (filter.type == Filter::Type::Foreign) return nullptr;
    for (auto child = filter.children.rbegin(); child != filter.children.rend(); ++child) {
        if (const FilterToken* token = last_token(*child, found)) return token;
    }
    return nullptr;
}

Result<void> gated(const FilterToken* token, bool open, std::string_view action, Feature feature) {
    if (token == nullptr || open) return {};
    return fail(ErrorCode::FeatureNotEnabled, token->refusal(feature_refusal(action, feature)));
}

std::string not_filterable(std::string_view attribute, std::span<const FilterableRule> rules) {
    const auto patterns = rule_patterns(rules, [](const FilterableFeatures& f) { return f.is_filterable(); });
    std::string text = "Attribute `" + std::string(attribute) + "` is not filterable.";
    if (patterns.empty()) return text + " This index does not have configured filterable attributes.";
    std::string list;
    for (const std::string& pattern : patterns) list.append(list.empty() ? "`" : ", `").append(pattern).append("`");
    return text + " Available filterable attribute patterns are: " + list + ".";
}

Result<double> coordinate(const FilterToken& token, ErrorCode code) {
    const auto number = parse_float(token.text);
    if (!number) {
        return fail(
            code, token.refusal(token.text.empty() ? "cannot parse float from empty string" : "invalid float literal"));
    }
    if (!std::isfinite(*number)) return fail(code, token.refusal("Non finite floats are not supported"));
    return *number;
}

struct Point {
    double lat = 0;
    double lng = 0;
};

Result<Point> parsed_point(const std::array<FilterToken, 2>& point, ErrorCode code) {
    MIROIR_TRY(const double lat, coordinate(point[0], code));
    MIROIR_TRY(const double lng, coordinate(point[1], code));
    return Point{.lat = lat, .lng = lng};
}

Result<void> check_range(const std::array<FilterToken, 2>& tokens, const Point& point, ErrorCode code) {
    if (point.lat < -90 || point.lat > 90) return fail(code, tokens[0].refusal(bad_latitude(point.lat)));
    if (point.lng < -180 || point.lng > 180) return fail(code, tokens[1].refusal(bad_longitude(point.lng)));
    return {};
}

Result<void> check_radius(const Filter& filter, ErrorCode code) {
    MIROIR_TRY(const Point center, parsed_point(filter.points.front(), code));
    MIROIR_CHECK(check_range(filter.points.front(), center, code));
    MIROIR_CHECK(coordinate(filter.radius, code));
    if (!filter.resolution) return {};
    MIROIR_TRY(const double resolution, coordinate(*filter.resolution, code));
    const double whole = resolution < 0 ? 0 : std::trunc(resolution);
    if (whole >= 3 && whole <= 1000) return {};
    return fail(code, filter.resolution->refusal("Invalid resolution `" + plain_number(whole) +
                                                 "`. Resolution must be between 3 and 1000."));
}

Result<void> check_box(const Filter& filter, ErrorCode code) {
    MIROIR_TRY(const Point top, parsed_point(filter.points[0], code));
    MIROIR_TRY(const Point bottom, parsed_point(filter.points[1], code));
    MIROIR_CHECK(check_range(filter.points[0], top, code));
    MIROIR_CHECK(check_range(filter.points[1], bottom, code));
    if (top.lat >= bottom.lat) return {};
    return fail(code,
                filter.points[1][1].refusal("The top latitude `" + plain_number(top.lat) +
                                            "` is below the bottom latitude `" + plain_number(bottom.lat) + "`."));
}

Result<void> check_polygon(const Filter& filter, ErrorCode code) {
    for (const auto& tokens : filter.points) {
        MIROIR_TRY(const Point point, parsed_point(tokens, code));
        MIROIR_CHECK(check_range(tokens, point, code));
    }
    return {};
}

bool has_field(std::span<const FilterableRule> rules, std::string_view name) {
    for (const FilterableRule& rule : rules) {
        if (!rule.is_pattern && rule.field == name) return true;
    }
    return false;
}

}  // namespace

std::optional<double> FilterToken::finite_number() const {
    const auto number = parse_float(text);
    if (!number || !std::isfinite(*number)) return std::nullopt;
    return number;
}

Result<void> check_filter_gates(const Filter& filter, const FilterGates& gates) {
    const FilterToken* contains = first_token(filter, [](const Filter& f) -> const FilterToken* {
        return f.type == Filter::Type::Compare && f.op == FilterOp::Contains ? &f.keyword : nullptr;
    });
    MIROIR_CHECK(gated(contains, gates.contains_filter, "Using `CONTAINS` in a filter", Feature::ContainsFilter));
    const FilterToken* foreign = last_token(filter, [](const Filter& f) -> const FilterToken* {
        return f.type == Filter::Type::Foreign ? &f.field : nullptr;
    });
    MIROIR_CHECK(gated(foreign, gates.foreign_keys, "using a foreign filter", Feature::ForeignKeys));
    const FilterToken* shard = first_token(filter, [](const Filter& f) -> const FilterToken* {
        const bool names_field =
            f.type == Filter::Type::Compare || f.type == Filter::Type::In || f.type == Filter::Type::Foreign;
        return names_field && f.field.text == kShardField ? &f.field : nullptr;
    });
    MIROIR_CHECK(gated(shard, gates.network, "using a shard filter", Feature::Network));
    const FilterToken* vectors = first_token(filter, [](const Filter& f) -> const FilterToken* {
        return f.type == Filter::Type::VectorExists ? &f.field : nullptr;
    });
    return gated(vectors, gates.multimodal, "using a vector filter", Feature::Multimodal);
}

Result<void> check_filterable(const Filter& filter, std::span<const FilterableRule> rules, ErrorCode code) {
    const FilterToken* refused = last_token(filter, [rules](const Filter& f) -> const FilterToken* {
        if (f.type != Filter::Type::Compare && f.type != Filter::Type::In) return nullptr;
        if (f.field.text == kVectorsField || f.field.text == kShardField) return nullptr;
        const auto rule = matching_rule(rules, f.field.text);
        return rule && rule->features.is_filterable() ? nullptr : &f.field;
    });
    if (refused == nullptr) return {};
    return fail(code, refused->refusal(not_filterable(refused->text, rules)));
}

Result<void> check_operator(std::string_view field, FilterOp op, const MatchedRule& rule, ErrorCode code) {
    std::string_view needed;
    switch (op) {
        case FilterOp::Greater:
        case FilterOp::GreaterOrEqual:
        case FilterOp::Less:
        case FilterOp::LessOrEqual:
        case FilterOp::Between:
            if (rule.features.comparison) return {};
            needed = "comparison";
            break;
        case FilterOp::Equal:
        case FilterOp::NotEqual:
            if (rule.features.equality) return {};
            needed = "equality";
            break;
        case FilterOp::Empty:
        case FilterOp::Null:
        case FilterOp::Exists:
            if (rule.features.is_filterable()) return {};
            needed = "the appropriate filter operators";
            break;
        case FilterOp::Contains:
        case FilterOp::StartsWith: return {};
    }
    std::string allowed;
    for (const std::string& name : rule.features.allowed_operators())
        allowed.append(allowed.empty() ? "" : ", ").append(name);
    const std::string number = std::to_string(rule.position);
    const std::string name(field);
    return fail(code, "Filter operator `" + std::string(operator_name(op)) + "` is not allowed for the attribute `" +
                          name + "`.\n  - Note: allowed operators: " + allowed + ".\n  - Note: field `" + name +
                          "` matched rule #" + number + " in `filterableAttributes`\n  - Hint: enable " +
                          std::string(needed) + " in rule #" + number +
                          " by modifying the features.filter object\n  - Hint: prepend another rule matching `" + name +
                          "` with appropriate filter features before rule #" + number);
}

bool has_geo(std::span<const FilterableRule> rules) { return has_field(rules, "_geo"); }
bool has_geojson(std::span<const FilterableRule> rules) { return has_field(rules, "_geojson"); }

Result<void> check_geo(const Filter& filter, std::span<const FilterableRule> rules, ErrorCode code) {
    const bool either = has_geo(rules) || has_geojson(rules);
    switch (filter.type) {
        case Filter::Type::GeoRadius: MIROIR_CHECK(check_radius(filter, code)); break;
        case Filter::Type::GeoBoundingBox: MIROIR_CHECK(check_box(filter, code)); break;
        case Filter::Type::GeoPolygon:
            if (!has_geojson(rules)) {
                return fail(code, filter.points.front()[0].refusal(not_filterable("_geojson", rules)));
            }
            return check_polygon(filter, code);
        default: return {};
    }
    if (either) return {};
    return fail(code, filter.points.front()[0].refusal(not_filterable("_geo/_geojson", rules)));
}

}  // namespace miroir::protocol
