#include "node/retrieve/filter/compare.h"

#include <limits>
#include <optional>

#include "protocol/text_normal.h"

namespace miroir::node {
namespace {

using protocol::FilterOp;
using protocol::FilterToken;

template <class Key>
struct Bounds {
    std::optional<Key> from;  // none: open
    std::optional<Key> to;
    bool from_included = true;
    bool to_included = true;
};

template <class Map, class Key>
void add_range(const Map& values, const Bounds<Key>& bounds, DocIds& found, auto&& docs_of) {
    if (bounds.from && bounds.to && *bounds.from > *bounds.to) return;
    auto it = !bounds.from           ? values.begin()
              : bounds.from_included ? values.lower_bound(*bounds.from)
                                     : values.upper_bound(*bounds.from);
    const auto end = !bounds.to           ? values.end()
                     : bounds.to_included ? values.upper_bound(*bounds.to)
                                          : values.lower_bound(*bounds.to);
    if (bounds.from && bounds.to && *bounds.from == *bounds.to && !(bounds.from_included && bounds.to_included)) return;
    std::vector<DocId> single;  // many fields have a value of its own for each document
    for (; it != end; ++it) {
        const DocIds& docs = docs_of(it->second);
        if (docs.cardinality() == 1) single.push_back(docs.minimum());
        else found |= docs;
    }
    found.addMany(single.size(), single.data());
}

template <class Key>
Bounds<Key> bounds_of(FilterOp op, Key value, std::optional<Key> to) {
    switch (op) {
        case FilterOp::Greater: return {.from = value, .from_included = false};
        case FilterOp::GreaterOrEqual: return {.from = value};
        case FilterOp::Less: return {.to = value, .to_included = false};
        case FilterOp::LessOrEqual: return {.to = value};
        default: return {.from = value, .to = to};
    }
}

DocIds in_range(const FacetField& facet, const protocol::Filter& comparison) {
    const bool two = comparison.op == FilterOp::Between;
    const FilterToken& first = comparison.values.front();
    const FilterToken& last = comparison.values.back();
    DocIds found;
    const auto number = first.finite_number();
    const auto last_number = last.finite_number();
    if (number && last_number) {
        const auto bounds = bounds_of<double>(comparison.op, *number, two ? last_number : std::nullopt);
        add_range(facet.numbers, bounds, found, [](const DocIds& docs) -> const DocIds& { return docs; });
    }
    const auto text_of = [](const FilterToken& token) { return protocol::normalize_facet(token.text); };
    const auto bounds =
        bounds_of<std::string>(comparison.op, text_of(first), two ? std::optional(text_of(last)) : std::nullopt);
    add_range(facet.texts, bounds, found, [](const FacetText& text) -> const DocIds& { return text.docs; });
    return found;
}

DocIds containing(const FacetField& facet, std::string_view needle) {
    DocIds found;
    for (const auto& [key, text] : facet.texts) {
        if (key.find(needle) != std::string::npos) found |= text.docs;
    }
    return found;
}

DocIds starting_with(const FacetField& facet, std::string_view prefix) {
    if (prefix.empty()) return facet.exists;
    DocIds found;
    for (auto it = facet.texts.lower_bound(prefix); it != facet.texts.end() && it->first.starts_with(prefix); ++it) {
        found |= it->second.docs;
    }
    return found;
}

}  // namespace

DocIds documents_equal(const FacetField& facet, const FilterToken& value) {
    DocIds found;
    if (const auto text = facet.texts.find(protocol::normalize_facet(value.text)); text != facet.texts.end()) {
        found |= text->second.docs;
    }
    if (const auto number = value.finite_number()) {
        if (const auto same = facet.numbers.find(*number); same != facet.numbers.end()) found |= same->second;
    }
    return found;
}

DocIds documents_comparing(const FacetField& facet, const DocIds& all, const protocol::Filter& comparison) {
    switch (comparison.op) {
        case FilterOp::Exists: return facet.exists;
        case FilterOp::Null: return facet.null;
        case FilterOp::Empty: return facet.empty;
        case FilterOp::Equal: return documents_equal(facet, comparison.values.front());
        case FilterOp::NotEqual: return all - documents_equal(facet, comparison.values.front());
        case FilterOp::Contains: return containing(facet, protocol::normalize_facet(comparison.values.front().text));
        case FilterOp::StartsWith:
            return starting_with(facet, protocol::normalize_facet(comparison.values.front().text));
        default: return in_range(facet, comparison);
    }
}

}  // namespace miroir::node
