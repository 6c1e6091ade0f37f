#include "plan/read_checks.h"

#include <algorithm>
#include <set>

#include "protocol/settings/facet_check.h"

namespace miroir::plan {
namespace {

using protocol::FilterableFeatures;
using protocol::FilterableRule;

std::string joined(const std::set<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

// The names that a client may be told of: those displayed, and a hint at the others.
struct Shown {
    std::string list;
    bool empty = true;
};

Shown shown(const protocol::Settings& settings, std::set<std::string> names) {
    std::size_t hidden = 0;
    if (const auto& displayed = settings.displayed_attributes) {
        hidden = std::erase_if(
            names, [&](const std::string& name) { return std::ranges::find(*displayed, name) == displayed->end(); });
    }
    return {.list = "`" + joined(names) + (hidden > 0 ? ", <..hidden-attributes>`" : "`"), .empty = names.empty()};
}

// "Note: this attribute matches rule #0 in filterableAttributes, but …": what a rule lacks and what would mend it.
struct Lack {
    std::string_view what, enable, mend;
};

std::string rule_note(std::size_t position, const std::string& field, const Lack& lack) {
    const std::string number = "#" + std::to_string(position);
    return "Note: this attribute matches rule " + number + " in filterableAttributes, but this rule does not enable " +
           std::string(lack.what) + ".\nHint: enable " + std::string(lack.what) + " in rule " + number + " by adding " +
           std::string(lack.enable) + "\nHint: prepend another rule matching " + field + " with " +
           std::string(lack.mend) + " before rule " + number;
}

}  // namespace

Error told_with_index(const IndexEntry& index, Error error) {
    error.message = "Index `" + index.uid.value + "`: " + error.message;
    return error;
}

Result<void> check_filter_text(const std::optional<json::Value>& filter, const protocol::FilterGates& gates,
                               ErrorCode code) {
    if (!filter) return {};
    MIROIR_TRY(const auto parsed, protocol::parse_filter(*filter, code));
    return parsed ? protocol::check_filter_gates(*parsed, gates) : Result<void>();
}

Result<void> check_filter_fields(const IndexEntry& index, const std::optional<json::Value>& filter, ErrorCode code,
                                 bool tell_index) {
    if (!filter) return {};
    MIROIR_TRY(std::optional<protocol::Filter> read, protocol::parse_filter(*filter, code));
    if (!read) return {};
    if (tell_index) {
        MIROIR_TRY(read, protocol::reparsed(*read, code));
    }
    if (!read) return {};
    const auto& rules = index.settings.filterable_attributes;
    Result<void> checked = protocol::check_filterable(*read, rules, code);
    if (checked) checked = protocol::check_geo(*read, rules, code);
    if (checked || !tell_index) return checked;
    return fail(told_with_index(index, std::move(checked).error()));
}

Result<void> check_filter(const IndexEntry& index, const std::optional<json::Value>& filter,
                          const protocol::FilterGates& gates, ErrorCode code, bool tell_index) {
    MIROIR_CHECK(check_filter_text(filter, gates, code));
    return check_filter_fields(index, filter, code, tell_index);
}

Result<void> check_kind(const IndexEntry& index, const protocol::SearchQuery& query) {
    if (query.media && query.vector) {
        return fail(ErrorCode::InvalidSearchMediaAndVector,
                    "Invalid request: both `media` and `vector` parameters are present.");
    }
    if (!query.hybrid) {
        if (!query.media && !query.vector) return {};
        return fail(ErrorCode::MissingSearchHybrid,
                    "Invalid request: missing `hybrid` parameter when `vector` or `media` are present.");
    }
    const bool words = query.q && query.q->find_first_not_of(" \t\n\r\v\f") != std::string::npos;
    if (query.hybrid->semantic_ratio == 0.0F || (!query.media && !words && !query.vector)) return {};
    const auto found = index.settings.embedders.find(query.hybrid->embedder);
    if (found == index.settings.embedders.end()) {
        return fail(ErrorCode::InvalidSearchEmbedder,
                    "Cannot find embedder with name `" + query.hybrid->embedder + "`.");
    }
    const auto dimensions = found->second.dimensions;
    if (!query.vector || !dimensions || query.vector->size() == *dimensions) return {};
    return fail(ErrorCode::InvalidVectorDimensions, "Invalid vector dimensions: expected: `" +
                                                        std::to_string(*dimensions) + "`, found: `" +
                                                        std::to_string(query.vector->size()) + "`.");
}

Result<void> check_facets(const IndexEntry& index, const std::vector<std::string>& patterns) {
    for (const std::string& pattern : patterns)
        MIROIR_CHECK(protocol::check_facet(index.settings.filterable_attributes, pattern));
    return {};
}

Result<void> check_distinct(const IndexEntry& index, const std::string& field) {
    const auto& rules = index.settings.filterable_attributes;
    const auto rule = protocol::matching_rule(rules, field);
    if (rule && rule->features.is_filterable()) return {};
    std::string text = "Attribute `" + field + "` is not filterable and thus, cannot be used as distinct attribute. ";
    if (rule) {
        text += rule_note(rule->position, field,
                          {.what = "filtering", .enable = "appropriate filter features.", .mend = "filter features"});
    } else {
        const Shown known =
            shown(index.settings,
                  protocol::rule_patterns(rules, [](const auto& features) { return features.is_filterable(); }));
        text += known.empty ? "This index does not have configured filterable attributes."
                            : "Available filterable attributes patterns are: " + known.list + ".";
    }
    return fail(told_with_index(index, {.code = ErrorCode::InvalidSearchDistinct, .message = std::move(text)}));
}

Result<void> check_facet_search(const IndexEntry& index, const std::string& field) {
    const auto& rules = index.settings.filterable_attributes;
    const auto rule = protocol::matching_rule(rules, field);
    if (rule && rule->features.facet_search) return {};
    std::string text = "Attribute `" + field + "` is not facet-searchable. ";
    if (rule) {
        const Lack lack{
            .what = "facetSearch", .enable = "`\"facetSearch\": true` to the rule.", .mend = "facetSearch: true"};
        return fail(ErrorCode::InvalidFacetSearchFacetName, text + rule_note(rule->position, field, lack));
    }
    const Shown known = shown(
        index.settings, protocol::rule_patterns(rules, [](const auto& features) { return features.facet_search; }));
    text += known.empty ? "This index does not have configured facet-searchable attributes."
                        : "Available facet-searchable attributes patterns are: " + known.list + ".";
    return fail(ErrorCode::InvalidFacetSearchFacetName,
                text + " To make it facet-searchable add it to the `filterableAttributes` index settings.");
}

Result<void> check_search(const IndexEntry& index, const protocol::SearchQuery& query,
                          const protocol::FilterGates& gates) {
    MIROIR_CHECK(check_filter_text(query.filter, gates, ErrorCode::InvalidSearchFilter));
    MIROIR_CHECK(check_kind(index, query));
    MIROIR_CHECK(protocol::check_media(query, {.multimodal = gates.multimodal}));
    if (query.sort) MIROIR_CHECK(check_sort_syntax(*query.sort, ErrorCode::InvalidSearchSort));
    if (query.distinct) MIROIR_CHECK(check_distinct(index, *query.distinct));
    MIROIR_CHECK(check_filter_fields(index, query.filter, ErrorCode::InvalidSearchFilter, true));
    if (query.sort) MIROIR_CHECK(check_sort_in_search(index, *query.sort));
    // Facets are looked at when everything has been found: after what only a node can refuse.
    if (query.facets && !query.attributes_to_search_on) MIROIR_CHECK(check_facets(index, *query.facets));
    return {};
}

}  // namespace miroir::plan
