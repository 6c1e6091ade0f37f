// Filters in JSON, and back to an expression.
#include "json/write.h"
#include "protocol/filter/filter.h"

namespace miroir::protocol {

namespace {

std::unexpected<Error> wrong_syntax(std::string_view expected, const json::Value& found, ErrorCode code) {
    return fail(code, "Invalid syntax for the filter parameter: `expected " + std::string(expected) +
                          ", found: " + json::to_text(found) + "`.");
}

void join(std::vector<Filter>& out, std::vector<Filter> parts, Filter::Type type) {
    if (parts.empty()) return;
    if (parts.size() == 1) {
        out.push_back(std::move(parts.front()));
        return;
    }
    Filter all{.type = type};
    all.children = std::move(parts);
    out.push_back(std::move(all));
}

Result<void> add_expression(std::vector<Filter>& out, const json::Value& text, ErrorCode code) {
    MIROIR_TRY(auto filter, parse_filter_expression(text.string(), code));
    if (filter) out.push_back(std::move(*filter));
    return {};
}

// Shapes first, expressions after: a wrong shape anywhere is told before a wrong expression.
Result<void> check_shapes(const json::Array& items, ErrorCode code) {
    for (const json::Value& item : items) {
        if (item.is_string()) continue;
        if (!item.is_array()) return wrong_syntax("String, [String]", item, code);
        for (const json::Value& inner : item.array()) {
            if (!inner.is_string()) return wrong_syntax("String", inner, code);
        }
    }
    return {};
}

Result<std::optional<Filter>> parse_array(const json::Array& items, ErrorCode code) {
    MIROIR_CHECK(check_shapes(items, code));
    std::vector<Filter> ands;
    for (const json::Value& item : items) {
        if (item.is_string()) {
            MIROIR_CHECK(add_expression(ands, item, code));
            continue;
        }
        std::vector<Filter> ors;
        for (const json::Value& inner : item.array()) MIROIR_CHECK(add_expression(ors, inner, code));
        join(ands, std::move(ors), Filter::Type::Or);
    }
    std::vector<Filter> whole;
    join(whole, std::move(ands), Filter::Type::And);
    if (whole.empty()) return std::nullopt;
    return std::move(whole.front());
}

std::string quoted(const FilterToken& token) {
    std::string out;
    json::append_string(out, token.text);
    return out;
}

std::string compared(const Filter& filter) {
    const std::string name(operator_name(filter.op));
    switch (filter.op) {
        case FilterOp::Exists:
        case FilterOp::Null:
        case FilterOp::Empty: return name;
        case FilterOp::Between: return quoted(filter.values[0]) + " TO " + quoted(filter.values[1]);
        default: return name + " " + quoted(filter.values[0]);
    }
}

std::string joined(const std::vector<Filter>& children, std::string_view joint) {
    std::string out;
    for (const Filter& child : children) {
        if (!out.empty()) out += joint;
        out += "(" + to_expression(child) + ")";
    }
    return out;
}

std::string vector_expression(const Filter& filter) {
    std::string out = "_vectors";
    if (filter.embedder) out += "." + quoted(*filter.embedder);
    switch (filter.part) {
        case VectorPart::Any: break;
        case VectorPart::Fragment: out += ".fragments." + quoted(*filter.fragment); break;
        case VectorPart::DocumentTemplate: out += ".documentTemplate"; break;
        case VectorPart::UserProvided: out += ".userProvided"; break;
        case VectorPart::Regenerate: out += ".regenerate"; break;
    }
    return out + " EXISTS";
}

std::string point_list(const Filter& filter) {
    std::string out;
    for (const auto& [lat, lng] : filter.points) {
        if (!out.empty()) out += ", ";
        out += "[" + lat.text + ", " + lng.text + "]";
    }
    return out;
}

}  // namespace

std::string_view operator_name(FilterOp op) {
    switch (op) {
        case FilterOp::Greater: return ">";
        case FilterOp::GreaterOrEqual: return ">=";
        case FilterOp::Equal: return "=";
        case FilterOp::NotEqual: return "!=";
        case FilterOp::Less: return "<";
        case FilterOp::LessOrEqual: return "<=";
        case FilterOp::Between: return "TO";
        case FilterOp::Exists: return "EXISTS";
        case FilterOp::Null: return "IS NULL";
        case FilterOp::Empty: return "IS EMPTY";
        case FilterOp::Contains: return "CONTAINS";
        case FilterOp::StartsWith: return "STARTS WITH";
    }
    return "";
}

Result<std::optional<Filter>> parse_filter(const json::Value& filter, ErrorCode code) {
    if (filter.is_string()) return parse_filter_expression(filter.string(), code);
    if (filter.is_array()) return parse_array(filter.array(), code);
    return wrong_syntax("String, Array", filter, code);
}

std::string to_expression(const Filter& filter) {
    switch (filter.type) {
        case Filter::Type::And: return joined(filter.children, " AND ");
        case Filter::Type::Or: return joined(filter.children, " OR ");
        case Filter::Type::Not: return "NOT (" + to_expression(filter.children.front()) + ")";
        case Filter::Type::Compare: return quoted(filter.field) + " " + compared(filter);
        case Filter::Type::In: {
            std::string list;
            for (const FilterToken& value : filter.values) {
                if (!list.empty()) list += ", ";
                list += quoted(value);
            }
            return quoted(filter.field) + " IN [" + list + "]";
        }
        case Filter::Type::VectorExists: return vector_expression(filter);
        case Filter::Type::GeoRadius: {
            const auto& [lat, lng] = filter.points.front();
            std::string out = "_geoRadius(" + lat.text + ", " + lng.text + ", " + filter.radius.text;
            if (filter.resolution) out += ", " + filter.resolution->text;
            return out + ")";
        }
        case Filter::Type::GeoBoundingBox: return "_geoBoundingBox(" + point_list(filter) + ")";
        case Filter::Type::GeoPolygon: return "_geoPolygon(" + point_list(filter) + ")";
        case Filter::Type::Foreign:
            return "_foreign(" + quoted(filter.field) + ", " + to_expression(filter.children.front()) + ")";
    }
    return {};
}

Result<std::optional<Filter>> reparsed(const Filter& filter, ErrorCode code) {
    return parse_filter_expression(to_expression(filter), code);
}

json::Value and_filters(const std::optional<json::Value>& filter, json::Value clause) {
    json::Array all;
    if (filter && filter->is_array()) all = filter->array();
    else if (filter && !filter->is_null()) all.push_back(*filter);
    all.push_back(std::move(clause));
    return all;
}

}  // namespace miroir::protocol
