#include "node/retrieve/foreign/foreign.h"

#include <algorithm>

#include "node/retrieve/filter/evaluate.h"
#include "node/retrieve/format/json_paths.h"
#include "node/retrieve/refusals.h"
#include "protocol/query/documents_query.h"
#include "protocol/settings/settings.h"

namespace miroir::node {
namespace {

using protocol::Filter;

constexpr std::uint64_t kMostDocuments = 100;

Result<Filter> resolved(const Filter& foreign, const Index& index, std::string_view uid, ErrorCode code,
                        const ReadContext& context) {
    const auto refused = [&](std::string_view about, std::string text) {
        return fail(told_with_index(about, Error{.code = code, .message = std::move(text)}));
    };
    const auto& keys = index.settings().foreign_keys;
    const auto key = std::ranges::find(keys, foreign.field.text, &protocol::ForeignKey::field_name);
    if (key == keys.end()) return refused(uid, "Field `" + foreign.field.text + "` is not a foreign key");
    const Index* other = context.find_index(key->foreign_index_uid);
    if (other == nullptr) return fail(index_not_found(key->foreign_index_uid));
    const auto found = evaluate_filter(*other, foreign.children.front(), ErrorCode::InvalidDocumentFilter);
    if (!found) return fail(told_with_index(key->foreign_index_uid, found.error()));
    if (found->cardinality() > kMostDocuments) {
        return refused(key->foreign_index_uid,
                       "Foreign filter is retrieving too many documents, foreign filters can't retrieve more than " +
                           std::to_string(kMostDocuments) + " documents per index");
    }
    Filter in;
    in.type = Filter::Type::In;
    in.field = foreign.field;
    for (const DocId id : *found) {
        protocol::FilterToken& value = in.values.emplace_back(foreign.field);
        value.text = value.original = other->external_id(id);
    }
    return in;
}

json::Object displayed_document(const Index& index, DocId id) {
    json::Value document = index.document(id);
    const auto& displayed = index.settings().displayed_attributes;
    return displayed ? pick_paths(document.object(), *displayed) : std::move(document.object());
}

}  // namespace

Result<Filter> without_foreign(Filter filter, const Index& index, std::string_view uid, ErrorCode code,
                               const ReadContext& context) {
    if (filter.type == Filter::Type::Foreign) return resolved(filter, index, uid, code, context);
    for (Filter& child : filter.children) {
        MIROIR_TRY(child, without_foreign(std::move(child), index, uid, code, context));
    }
    return filter;
}

void show_foreign_documents(const Index& index, const ReadContext& context, Hit& hit) {
    for (const protocol::ForeignKey& key : index.settings().foreign_keys) {
        const Index* other = context.find_index(key.foreign_index_uid);
        if (other == nullptr) continue;
        const auto put_document = [&](const std::string&, std::span<const std::size_t>, json::Value& leaf) {
            const auto id = protocol::document_id_of(leaf, "", ErrorCode::InvalidDocumentId);
            if (!id) return;
            const auto found = other->find(*id);
            leaf = found ? json::Value(displayed_document(*other, *found)) : json::Value(json::Object());
        };
        change_leaves(hit.document, {key.field_name}, put_document);
        change_leaves(hit.formatted, {key.field_name}, put_document);
    }
}

}  // namespace miroir::node
