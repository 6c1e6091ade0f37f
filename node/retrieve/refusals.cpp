#include "node/retrieve/refusals.h"

#include <algorithm>

#include "protocol/settings/settings.h"

namespace miroir::node {
namespace {

// "`a, b, <..hidden-attributes>`"
struct Shown {
    std::string list;
    bool empty = true;
};

std::string joined(const std::set<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

Shown shown(const Index& index, std::set<std::string> names) {
    const auto& displayed = index.settings().displayed_attributes;
    std::size_t hidden = 0;
    if (displayed) {
        hidden = std::erase_if(
            names, [&](const std::string& name) { return std::ranges::find(*displayed, name) == displayed->end(); });
    }
    return {.list = "`" + joined(names) + (hidden > 0 ? ", <..hidden-attributes>`" : "`"), .empty = names.empty()};
}

Error refusal(ErrorCode code, std::string text) { return {.code = code, .message = std::move(text)}; }

std::string quoted(std::string_view name) { return "`" + std::string(name) + "`"; }

}  // namespace

Error not_distinct(const Index& index, std::string_view field) {
    const auto& rules = index.settings().filterable_attributes;
    std::string text =
        "Attribute " + quoted(field) + " is not filterable and thus, cannot be used as distinct attribute. ";
    if (const auto rule = protocol::matching_rule(rules, field)) {
        const std::string number = "#" + std::to_string(rule->position);
        text += "Note: this attribute matches rule " + number +
                " in filterableAttributes, but this rule does not enable filtering.\nHint: enable filtering in rule " +
                number + " by adding appropriate filter features.\nHint: prepend another rule matching " +
                std::string(field) + " with filter features before rule " + number;
        return refusal(ErrorCode::InvalidSearchDistinct, std::move(text));
    }
    const Shown known =
        shown(index, protocol::rule_patterns(rules, [](const auto& features) { return features.is_filterable(); }));
    text += known.empty ? "This index does not have configured filterable attributes."
                        : "Available filterable attributes patterns are: " + known.list + ".";
    return refusal(ErrorCode::InvalidSearchDistinct, std::move(text));
}

Error not_facet_searchable(const Index& index, std::string_view field) {
    const auto& rules = index.settings().filterable_attributes;
    const std::string advice = " To make it facet-searchable add it to the `filterableAttributes` index settings.";
    std::string text = "Attribute " + quoted(field) + " is not facet-searchable. ";
    if (const auto rule = protocol::matching_rule(rules, field)) {
        const std::string number = "#" + std::to_string(rule->position);
        text +=
            "Note: this attribute matches rule " + number +
            " in filterableAttributes, but this rule does not enable facetSearch.\nHint: enable facetSearch in rule " +
            number + " by adding `\"facetSearch\": true` to the rule.\nHint: prepend another rule matching " +
            std::string(field) + " with facetSearch: true before rule " + number;
        return refusal(ErrorCode::InvalidFacetSearchFacetName, std::move(text));
    }
    const Shown known =
        shown(index, protocol::rule_patterns(rules, [](const auto& features) { return features.facet_search; }));
    text += known.empty ? "This index does not have configured facet-searchable attributes."
                        : "Available facet-searchable attributes patterns are: " + known.list + ".";
    return refusal(ErrorCode::InvalidFacetSearchFacetName, text + advice);
}

Error not_sortable_in_search(const Index& index, std::string_view field) {
    const Shown known = shown(index, index.settings().sortable_attributes);
    return refusal(ErrorCode::InvalidSearchSort,
                   "Attribute " + quoted(field) + " is not sortable. " +
                       (known.empty ? "This index does not have configured sortable attributes."
                                    : "Available sortable attributes are: " + known.list + "."));
}

Error not_sortable_in_documents(const Index& index, std::string_view field) {
    const auto& names = index.settings().sortable_attributes;
    return refusal(ErrorCode::InvalidDocumentSort,
                   "Attribute " + quoted(field) + " is not sortable. " +
                       (names.empty() ? "This index does not have configured sortable attributes."
                                      : "Available sortable attributes are: `" + joined(names) + "`."));
}

Error index_not_found(std::string_view uid) {
    return refusal(ErrorCode::IndexNotFound, "Index " + quoted(uid) + " not found.");
}

Error told_with_index(std::string_view uid, Error error) {
    if (uid.empty()) return error;
    error.message = "Index " + quoted(uid) + ": " + error.message;
    return error;
}

}  // namespace miroir::node
