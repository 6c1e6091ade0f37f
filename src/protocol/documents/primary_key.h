// Which member of a document is its identity, and which identities are allowed. Pure; the texts are the engine's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "protocol/documents/payload.h"

namespace miroir::protocol {

// The top-level name that ends in `id` in the first document; a refusal when there is none or more than one.
Result<std::string> infer_primary_key(const json::Object& first);

// The key for a batch: the index' own, or the one asked for, or the inferred one. nullopt: there is no document and
// nothing was said, the question stays open.
struct KeyQuestion {
    std::optional<std::string> index_key;
    std::optional<std::string> asked;  // `primaryKey` of the request
};
Result<std::optional<std::string>> choose_primary_key(const KeyQuestion& question, const Payload& payload);

// The canonical text of the document's identity: `7` and `"7"` are one document.
Result<std::string> document_id(const json::Object& document, std::string_view primary_key);
bool is_document_id(std::string_view text);  // letters, digits, - and _, 1 to 511 bytes
std::string invalid_document_id_text(const json::Value& value);

// The verdict on a whole payload before any of it is stored or split: the key and one identity a document.
struct BatchVerdict {
    std::optional<std::string> primary_key;
    std::vector<std::string> ids;
};
Result<BatchVerdict> judge_batch(const KeyQuestion& question, const Payload& payload);

}  // namespace miroir::protocol
