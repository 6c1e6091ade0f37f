// What the writing routes of documents are told, besides the documents: parameters and small bodies, read and refused
// as the engine does.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "protocol/documents/payload.h"
#include "protocol/filter/filter.h"

namespace miroir::protocol {

// POST and PUT …/documents.
struct DocumentAddition {
    std::optional<std::string> primary_key;
    std::optional<std::string> custom_metadata;
    bool skip_creation = false;
    std::optional<std::string> csv_delimiter;  // one character
};
Result<DocumentAddition> parse_document_addition(std::string_view raw_query);
// `media_type` is one of kDocumentMediaTypes.
Result<PayloadOptions> payload_options(const DocumentAddition& addition, std::string_view media_type);

// The routes that delete: only `customMetadata` is known.
Result<std::optional<std::string>> parse_custom_metadata(std::string_view raw_query);
// POST …/documents/delete-batch: each id as text; what is no text by its JSON.
Result<std::vector<std::string>> parse_deletion_list(const json::Value& body);
// POST …/documents/delete: the filter as sent, its syntax and gates checked.
Result<json::Value> parse_deletion_filter(const json::Value& body, const FilterGates& gates);

}  // namespace miroir::protocol
