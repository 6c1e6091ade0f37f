// A payload of documents: JSON (a list or one object), NDJSON, CSV with typed headers, read as pieces of text, not as
// trees. Refuses what the engine refuses, with its texts and positions, also the odd ones: an element that is no object
// is a 500 `internal`, and what follows a complete list is not looked at. Pure; the whole payload is judged before
// anything is stored.
#pragma once

#include <memory>
#include <optional>
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

// One document as it came, known to be good JSON.
struct DocumentText {
    std::string_view text;      // the object with its braces
    std::string_view key_text;  // the value of Payload::key as text; empty: not at the top, or see `odd`
    bool special = false;       // a name at the top is `_geo`, `_geojson` or `_vectors`
    bool underscored = false;   // another name at the top begins with an underscore
    bool doubled = false;       // Payload::key is named more than once: the last one counts
    bool odd = false;           // only a tree tells: names with escapes, numbers of hundreds of digits
};

struct Payload {
    std::vector<DocumentText> documents;
    std::string key;                                 // whose values were noted on the way
    bool lines = false;                              // it came as NDJSON, where the engine takes no name twice
    std::shared_ptr<const std::string> rewritten{};  // CSV, or mended: what the views point into
    std::string unreadable{};                        // why its task fails when its values are looked at
};

// The views point into `bytes`. `likely_key` is what the primary key will probably be; without one it is guessed from
// the first document. MissingPayload when there is nothing, MalformedPayload or Internal when it cannot be read.
Result<Payload> read_payload(std::string_view bytes, PayloadOptions options,
                             const std::optional<std::string>& likely_key = {});

json::Object tree_of(const DocumentText& document);
std::vector<json::Object> trees_of(const Payload& payload);
// The member of that name at the top, as a tree; nullopt when there is none.
std::optional<json::Value> member_of(const DocumentText& document, std::string_view name);

// The `csvDelimiter` parameter, already known to be one character.
Result<char> csv_delimiter_of(std::string_view character);

}  // namespace miroir::protocol
