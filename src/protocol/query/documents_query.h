// GET /indexes/{uid}/documents, POST …/documents/fetch, GET …/documents/{id} and POST …/fields.
#pragma once

#include "protocol/query/search_query.h"

namespace miroir::protocol {

struct DocumentsQuery {
    std::uint64_t offset = 0;
    std::uint64_t limit = 20;
    std::optional<std::vector<std::string>> fields;  // none: all; GET turns "*" into none, POST keeps it as a name
    bool retrieve_vectors = false;
    std::optional<std::vector<std::string>> ids;  // as text, checked
    std::optional<json::Value> filter;
    std::optional<std::vector<std::string>> sort;
    std::optional<bool> use_network;
};

// One document.
struct DocumentQuery {
    std::optional<std::vector<std::string>> fields;
    bool retrieve_vectors = false;
};

// POST …/fields
struct FieldsQuery {
    std::uint64_t offset = 0;
    std::uint64_t limit = 20;
    struct Filter {
        std::optional<std::vector<std::string>> attribute_patterns;
        std::optional<bool> displayed;
        std::optional<bool> searchable;
        std::optional<bool> sortable;
        std::optional<bool> distinct;
        std::optional<bool> ranking_rule;
        std::optional<bool> filterable;
    };
    std::optional<Filter> filter;
};

Result<DocumentsQuery> parse_documents_query(const json::Value& body);
Result<DocumentsQuery> parse_documents_parameters(std::string_view raw_query);
Result<DocumentQuery> parse_document_parameters(std::string_view raw_query);
Result<FieldsQuery> parse_fields_query(const json::Value& body);

// An id as the engine takes it in queries: a text or an integer, here as text. `before` opens the refusal:
// "In `.ids[0]`: ", "Invalid value at `.id`: ".
Result<std::string> document_id_of(const json::Value& id, std::string_view before, ErrorCode code);

}  // namespace miroir::protocol
