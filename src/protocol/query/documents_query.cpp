#include "protocol/query/documents_query.h"

#include <algorithm>

#include "protocol/documents/primary_key.h"
#include "protocol/query/search_fields.h"

namespace miroir::protocol {

namespace {

struct GivenDocumentsQuery {
    DocumentsQuery query;
    std::optional<std::vector<json::Value>> ids;
    std::optional<std::string> filter;
    std::optional<std::string> sort;
};

// "*" among the names means all of them.
Result<void> read_starred_fields(const json::Value& value, const Place& place,
                                 std::optional<std::vector<std::string>>& out) {
    std::vector<std::string> names;
    MIROIR_CHECK(read(value, place, names));
    out.reset();
    if (std::ranges::find(names, "*") == names.end()) out = std::move(names);
    return {};
}

// A quirk of the engine: parameters are texts, and this one wants a boolean.
Result<void> refuse_use_network(const json::Value& value, const Place& place) {
    return place.wrong_kind(value, {Kind::Boolean});
}

Result<DocumentsQuery> with_ids(GivenDocumentsQuery given) {
    if (!given.ids) return std::move(given.query);
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < given.ids->size(); ++i) {
        const std::string before = "In `.ids[" + std::to_string(i) + "]`: ";
        MIROIR_TRY(std::string id, document_id_of((*given.ids)[i], before, ErrorCode::InvalidDocumentIds));
        ids.push_back(std::move(id));
    }
    given.query.ids = std::move(ids);
    return std::move(given.query);
}

FieldTable<GivenDocumentsQuery> body_table() {
    using Given = GivenDocumentsQuery;
    const auto get = [](Given& given) -> DocumentsQuery& { return given.query; };
    return FieldTable<Given>()
        .field("offset", ErrorCode::InvalidDocumentOffset, member_of(get, &DocumentsQuery::offset))
        .field("limit", ErrorCode::InvalidDocumentLimit, member_of(get, &DocumentsQuery::limit))
        .field("fields", ErrorCode::InvalidDocumentFields, member_of(get, &DocumentsQuery::fields))
        .field("retrieveVectors", ErrorCode::InvalidDocumentRetrieveVectors,
               member_of(get, &DocumentsQuery::retrieve_vectors))
        .field("ids", ErrorCode::InvalidDocumentIds, &Given::ids)
        .field("filter", ErrorCode::InvalidDocumentFilter,
               reader_of<Given>(get, &DocumentsQuery::filter, read_anything))
        .field("sort", ErrorCode::InvalidDocumentSort, member_of(get, &DocumentsQuery::sort))
        .field("useNetwork", ErrorCode::InvalidDocumentUseNetwork, member_of(get, &DocumentsQuery::use_network));
}

FieldTable<GivenDocumentsQuery> parameter_table() {
    using Given = GivenDocumentsQuery;
    const auto get = [](Given& given) -> DocumentsQuery& { return given.query; };
    return FieldTable<Given>()
        .field("offset", ErrorCode::InvalidDocumentOffset, member_of(get, &DocumentsQuery::offset))
        .field("limit", ErrorCode::InvalidDocumentLimit, member_of(get, &DocumentsQuery::limit))
        .field("fields", ErrorCode::InvalidDocumentFields,
               reader_of<Given>(get, &DocumentsQuery::fields, read_starred_fields))
        .field("retrieveVectors", ErrorCode::InvalidDocumentRetrieveVectors,
               member_of(get, &DocumentsQuery::retrieve_vectors))
        .field("ids", ErrorCode::InvalidDocumentIds, &Given::ids)
        .field("filter", ErrorCode::InvalidDocumentFilter, &Given::filter)
        .field("sort", ErrorCode::InvalidDocumentSort, &Given::sort)
        .field("useNetwork", ErrorCode::InvalidDocumentUseNetwork,
               [](Given&, const json::Value& v, const Place& p) { return refuse_use_network(v, p); });
}

}  // namespace

Result<void> read(const json::Value& value, const Place& place, FieldsQuery::Filter& out) {
    using Filter = FieldsQuery::Filter;
    static const auto table =
        FieldTable<Filter>()
            .code(ErrorCode::InvalidIndexFieldsFilter)
            .field("attributePatterns", ErrorCode::InvalidIndexFieldsFilterAttributePatterns,
                   &Filter::attribute_patterns)
            .field("displayed", ErrorCode::InvalidIndexFieldsFilterDisplayed, &Filter::displayed)
            .field("searchable", ErrorCode::InvalidIndexFieldsFilterSearchable, &Filter::searchable)
            .field("sortable", ErrorCode::InvalidIndexFieldsFilterSortable, &Filter::sortable)
            .field("distinct", ErrorCode::InvalidIndexFieldsFilterDistinct, &Filter::distinct)
            .field("rankingRule", ErrorCode::InvalidIndexFieldsFilterRankingRule, &Filter::ranking_rule)
            .field("filterable", ErrorCode::InvalidIndexFieldsFilterFilterable, &Filter::filterable);
    return table.read(value, place, out);
}

Result<DocumentsQuery> parse_documents_query(const json::Value& body) {
    static const auto table = body_table();
    MIROIR_TRY(GivenDocumentsQuery given, table.parse(body));
    return with_ids(std::move(given));
}

Result<DocumentsQuery> parse_documents_parameters(std::string_view raw_query) {
    static const auto table = parameter_table();
    MIROIR_TRY(GivenDocumentsQuery given, table.parse_query(raw_query));
    if (given.filter) given.query.filter = filter_of_parameter(*given.filter);
    if (given.sort) given.query.sort = split_sort_parameter(*given.sort);
    return with_ids(std::move(given));
}

Result<DocumentQuery> parse_document_parameters(std::string_view raw_query) {
    static const auto self = [](DocumentQuery& query) -> DocumentQuery& { return query; };
    static const auto table =
        FieldTable<DocumentQuery>()
            .field("fields", ErrorCode::InvalidDocumentFields,
                   reader_of<DocumentQuery>(self, &DocumentQuery::fields, read_starred_fields))
            .field("retrieveVectors", ErrorCode::InvalidDocumentRetrieveVectors, &DocumentQuery::retrieve_vectors)
            .field("useNetwork", ErrorCode::InvalidDocumentUseNetwork,
                   [](DocumentQuery&, const json::Value& v, const Place& p) { return refuse_use_network(v, p); });
    return table.parse_query(raw_query);
}

Result<FieldsQuery> parse_fields_query(const json::Value& body) {
    static const auto table = FieldTable<FieldsQuery>()
                                  .field("offset", ErrorCode::InvalidIndexOffset, &FieldsQuery::offset)
                                  .field("limit", ErrorCode::InvalidIndexLimit, &FieldsQuery::limit)
                                  .field("filter", ErrorCode::InvalidIndexFieldsFilter, &FieldsQuery::filter);
    return table.parse(body);
}

Result<std::string> document_id_of(const json::Value& id, std::string_view before, ErrorCode code) {
    if (id.is_string() && is_document_id(id.string())) return id.string();
    if (id.is_unsigned()) return std::to_string(id.unsigned_integer());
    if (id.is_negative()) return std::to_string(id.negative_integer());
    return fail(code, std::string(before) + invalid_document_id_text(id));
}

}  // namespace miroir::protocol
