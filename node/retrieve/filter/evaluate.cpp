#include "node/retrieve/filter/evaluate.h"

#include "node/retrieve/filter/compare.h"
#include "node/retrieve/filter/places.h"
#include "node/retrieve/filter/vectors.h"
#include "protocol/settings/settings.h"

namespace miroir::node {
namespace {

using protocol::Filter;
using protocol::FilterOp;

class Evaluation {
public:
    Evaluation(const Index& index, ErrorCode code) : index_(index), code_(code) {}

    // `among`: what is left by the earlier members of an AND; nullptr: everything.
    Result<DocIds> of(const Filter& filter, const DocIds* among) const {
        if (among != nullptr && among->isEmpty()) return DocIds();
        switch (filter.type) {
            case Filter::Type::And: return all_of(filter);
            case Filter::Type::Or: return any_of(filter, among);
            case Filter::Type::Not: {
                MIROIR_TRY(const DocIds selected, of(filter.children.front(), among));
                return (among != nullptr ? *among : index_.document_ids()) - selected;
            }
            case Filter::Type::Compare: return comparison(filter);
            case Filter::Type::In: return membership(filter);
            case Filter::Type::VectorExists: return documents_with_vectors(index_, filter, code_);
            case Filter::Type::GeoRadius:
            case Filter::Type::GeoBoundingBox:
            case Filter::Type::GeoPolygon:
                MIROIR_CHECK(protocol::check_geo(filter, rules(), code_));
                return documents_in_place(index_, filter);
            case Filter::Type::Foreign: break;
        }
        return fail(code_, "Using `_foreign` filters is not supported by the embedded node.");
    }

private:
    const std::vector<protocol::FilterableRule>& rules() const { return index_.settings().filterable_attributes; }

    Result<DocIds> all_of(const Filter& filter) const {
        std::optional<DocIds> left;
        for (const Filter& child : filter.children) {
            if (left && left->isEmpty()) break;
            MIROIR_TRY(const DocIds selected, of(child, left ? &*left : nullptr));
            left = left ? *left & selected : selected;
        }
        return left.value_or(DocIds());
    }

    Result<DocIds> any_of(const Filter& filter, const DocIds* among) const {
        DocIds found;
        for (const Filter& child : filter.children) {
            MIROIR_TRY(const DocIds selected, of(child, among));
            found |= selected;
        }
        return found;
    }

    // A field that no document ever had matches nothing, whatever is asked of it.
    std::optional<protocol::MatchedRule> rule_of(const Filter& filter) const {
        if (!index_.fields().find(filter.field.text)) return std::nullopt;
        return protocol::matching_rule(rules(), filter.field.text);
    }

    Result<DocIds> comparison(const Filter& filter) const {
        const auto rule = rule_of(filter);
        if (!rule) return DocIds();
        MIROIR_CHECK(protocol::check_operator(filter.field.text, filter.op, *rule, code_));
        const FacetField* facet = index_.facet(filter.field.text);
        static const FacetField none;
        return documents_comparing(facet != nullptr ? *facet : none, index_.document_ids(), filter);
    }

    Result<DocIds> membership(const Filter& filter) const {
        const auto rule = rule_of(filter);
        DocIds found;
        if (!rule) return found;
        const FacetField* facet = index_.facet(filter.field.text);
        for (const protocol::FilterToken& value : filter.values) {
            MIROIR_CHECK(protocol::check_operator(filter.field.text, FilterOp::Equal, *rule, code_));
            if (facet != nullptr) found |= documents_equal(*facet, value);
        }
        return found;
    }

    const Index& index_;
    ErrorCode code_;
};

}  // namespace

Result<DocIds> evaluate_filter(const Index& index, const Filter& filter, ErrorCode code) {
    MIROIR_CHECK(protocol::check_filterable(filter, index.settings().filterable_attributes, code));
    return Evaluation(index, code).of(filter, nullptr);
}

Result<DocIds> evaluate_filter(const Index& index, const std::optional<Filter>& filter, ErrorCode code) {
    if (!filter) return index.document_ids();
    return evaluate_filter(index, *filter, code);
}

}  // namespace miroir::node
