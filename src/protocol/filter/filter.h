// The filter language as a tree, from an expression or from the JSON form (an array is AND, arrays inside it are OR).
// Refusals carry the engine's sentence, the span of characters and the expression they are about. A tree is a value:
// copyable, bounded in depth by the parser.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "protocol/settings/attribute_pattern.h"

namespace miroir::protocol {

// One word of a filter: its meaning, and where it stood.
struct FilterToken {
    std::string text;                           // unescaped
    std::string original;                       // as written, without the quotes
    std::size_t column = 1;                     // in characters, from 1
    std::shared_ptr<const std::string> source;  // the expression it was part of

    // "<sentence>\n<from>:<to> <expression>"
    std::string refusal(std::string_view sentence) const;
    std::optional<double> finite_number() const;  // as the engine reads numbers; none: text, NaN, infinite
};

enum class FilterOp : std::uint8_t {
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Between,
    Exists,
    Null,
    Empty,
    Contains,
    StartsWith
};
std::string_view operator_name(FilterOp op);  // ">=", "TO", "IS NULL"

enum class VectorPart : std::uint8_t { Any, Fragment, DocumentTemplate, UserProvided, Regenerate };

struct Filter {
    enum class Type : std::uint8_t {
        And,
        Or,
        Not,
        Compare,
        In,
        VectorExists,
        GeoRadius,
        GeoBoundingBox,
        GeoPolygon,
        Foreign
    };
    Type type = Type::Compare;
    std::vector<Filter> children;         // And, Or: two or more; Not, Foreign: one
    FilterToken field;                    // Compare, In, VectorExists, Foreign
    FilterOp op = FilterOp::Equal;        // Compare
    std::vector<FilterToken> values;      // Compare: one, Between: from and to, others none; In: any number
    FilterToken keyword;                  // Contains, StartsWith: where the operator stands
    std::optional<FilterToken> embedder;  // VectorExists
    VectorPart part = VectorPart::Any;
    std::optional<FilterToken> fragment;
    std::vector<std::array<FilterToken, 2>> points;  // lat, lng; GeoRadius: one, GeoBoundingBox: top right, bottom left
    FilterToken radius;
    std::optional<FilterToken> resolution;
};

// None: an empty expression, or only empty ones: no filter at all.
Result<std::optional<Filter>> parse_filter_expression(std::string_view expression, ErrorCode code);
Result<std::optional<Filter>> parse_filter(const json::Value& filter, ErrorCode code);

// Back to an expression, every word quoted: `("kind" = "mug") AND ("price" > "3")`. Parses to the same tree.
std::string to_expression(const Filter& filter);
// The same filter read back from to_expression(): a search works on that and tells its refusals about that text.
Result<std::optional<Filter>> reparsed(const Filter& filter, ErrorCode code);

// Both must hold, as JSON and never by pasting text: f → [f, clause]; [a, b] → [a, b, clause]; nothing → [clause].
json::Value and_filters(const std::optional<json::Value>& filter, json::Value clause);

// The experimental features a filter may need.
struct FilterGates {
    bool contains_filter = false;
    bool foreign_keys = false;
    bool network = false;
    bool multimodal = false;
};
Result<void> check_filter_gates(const Filter& filter, const FilterGates& gates);

// Every attribute must be filterable ("Attribute `x` is not filterable. …"), before anything is evaluated.
Result<void> check_filterable(const Filter& filter, std::span<const FilterableRule> rules, ErrorCode code);
// The operator against the features of the matched rule; asked by the evaluation, for fields the index knows.
Result<void> check_operator(std::string_view field, FilterOp op, const MatchedRule& rule, ErrorCode code);
// Coordinates within their ranges, and `_geo` / `_geojson` filterable; asked by the evaluation.
Result<void> check_geo(const Filter& filter, std::span<const FilterableRule> rules, ErrorCode code);
bool has_geo(std::span<const FilterableRule> rules);
bool has_geojson(std::span<const FilterableRule> rules);

}  // namespace miroir::protocol
