// A payload of documents to objects: JSON (a list or one object), NDJSON, CSV with typed headers. Refuses what the
// engine refuses, with its texts and positions, also the odd ones: an element that is no object is a 500 `internal`,
// and what follows a complete list is not looked at. Pure; the whole payload is judged before anything is stored.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"

namespace miroir::protocol {

enum class PayloadFormat { Json, Ndjson, Csv };

// Media types of the document routes, in the order in which the engine lists them.
inline constexpr std::string_view kDocumentMediaTypes[] = {"application/json", "application/x-ndjson", "text/csv"};

std::string_view payload_format_name(PayloadFormat format);  // "json"
// `media_type` is one of kDocumentMediaTypes.
PayloadFormat payload_format_of(std::string_view media_type);

struct PayloadOptions {
    PayloadFormat format = PayloadFormat::Json;
    char csv_delimiter = ',';
};

// MissingPayload when there is nothing, MalformedPayload or Internal when it cannot be read.
Result<std::vector<json::Object>> parse_documents(std::string_view payload, PayloadOptions options);

// The `csvDelimiter` parameter, already known to be one character.
Result<char> csv_delimiter_of(std::string_view character);

}  // namespace miroir::protocol
