#include "node/retrieve/distinct.h"

#include <algorithm>

#include "json/write.h"
#include "node/retrieve/format/json_paths.h"
#include "protocol/text_normal.h"

namespace miroir::node {
namespace {

void add_value(const json::Value& value, std::set<std::string>& values) {
    if (value.is_string()) values.insert("text:" + protocol::normalize_facet(value.string()));
    else if (value.is_bool()) values.insert(value.boolean() ? "text:true" : "text:false");
    else if (value.is_number()) values.insert("number:" + json::to_text(value));
}

}  // namespace

void exclude_same_values(const FacetField& facet, DocId id, DocIds& excluded) {
    const FacetField::Values& values = facet.of(id);
    for (const double number : values.numbers) {
        if (const auto same = facet.numbers.find(number); same != facet.numbers.end()) excluded |= same->second;
    }
    for (const auto* text : values.texts) excluded |= text->second.docs;
}

std::set<std::string> facet_values(const Hit& hit, std::string_view path) {
    std::set<std::string> values;
    const auto visit = [&](const json::Value& value) {
        if (!value.is_array()) return add_value(value, values);
        for (const json::Value& element : value.array()) add_value(element, values);
    };
    visit_path(hit.document, path, visit);
    visit_path(hit.extra, path, visit);
    return values;
}

bool DistinctFilter::keep(const Hit& hit) {
    const std::set<std::string> values = facet_values(hit, field_);
    if (std::ranges::any_of(values, [&](const std::string& value) { return seen_.contains(value); })) return false;
    seen_.insert(values.begin(), values.end());
    return true;
}

}  // namespace miroir::node
