#include "protocol/documents/requests.h"

#include <algorithm>

#include "json/write.h"
#include "protocol/fields/fields.h"

namespace miroir::protocol {
namespace {

std::size_t count_characters(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

Result<void> read_delimiter(DocumentAddition& out, const json::Value& value, const Place& place) {
    const std::string& text = value.string();
    const std::size_t count = count_characters(text);
    if (count == 0) return place.unexpected("expected a string of one character, but found an empty string");
    if (count > 1) {
        return place.unexpected("expected a string of one character, but found the following string of " +
                                std::to_string(count) + " characters: `" + text + "`");
    }
    out.csv_delimiter = text;
    return {};
}

Result<void> read_skip(DocumentAddition& out, const json::Value& value, const Place&) {
    std::string lower = value.string();
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (lower != "true" && lower != "false") {
        return fail(ErrorCode::InvalidSkipCreation,
                    "skipCreation must be either `true` or `false`. Found: `" + value.string() + "`");
    }
    out.skip_creation = lower == "true";
    return {};
}

std::string_view kind_of(const json::Value& value) {
    if (value.is_object()) return "map";
    if (value.is_null()) return "null";
    return value.is_string() ? "string" : value.is_bool() ? "boolean" : "number";
}

}  // namespace

Result<DocumentAddition> parse_document_addition(std::string_view raw_query) {
    static const auto table =
        FieldTable<DocumentAddition>()
            .field("primaryKey", ErrorCode::InvalidIndexPrimaryKey, &DocumentAddition::primary_key)
            .field("csvDelimiter", ErrorCode::InvalidDocumentCsvDelimiter, read_delimiter)
            .field("customMetadata", ErrorCode::InvalidIndexCustomMetadata, &DocumentAddition::custom_metadata)
            .field("skipCreation", ErrorCode::InvalidSkipCreation, read_skip);
    return table.parse_query(raw_query);
}

Result<PayloadOptions> payload_options(const DocumentAddition& addition, std::string_view media_type) {
    PayloadOptions options{.format = payload_format_of(media_type)};
    if (!addition.csv_delimiter) return options;
    if (options.format != PayloadFormat::Csv) {
        return fail(ErrorCode::InvalidContentType,
                    "The Content-Type `" + std::string(media_type) +
                        "` does not support the use of a csv delimiter. The csv delimiter "
                        "can only be used with the Content-Type `text/csv`.");
    }
    MIROIR_TRY(options.csv_delimiter, csv_delimiter_of(*addition.csv_delimiter));
    return options;
}

Result<std::optional<std::string>> parse_custom_metadata(std::string_view raw_query) {
    struct Deletion {
        std::optional<std::string> custom_metadata;
    };
    static const auto table = FieldTable<Deletion>().field("customMetadata", ErrorCode::InvalidIndexCustomMetadata,
                                                           &Deletion::custom_metadata);
    MIROIR_TRY(Deletion deletion, table.parse_query(raw_query));
    return std::move(deletion.custom_metadata);
}

Result<std::vector<std::string>> parse_deletion_list(const json::Value& body) {
    if (!body.is_array()) {
        return fail(ErrorCode::BadRequest, "Json deserialize error: invalid type: " + std::string(kind_of(body)) +
                                               ", expected a sequence at line 1 column 0");
    }
    std::vector<std::string> ids;
    for (const json::Value& id : body.array()) ids.push_back(id.is_string() ? id.string() : json::to_text(id));
    return ids;
}

Result<json::Value> parse_deletion_filter(const json::Value& body, const FilterGates& gates) {
    struct Deletion {
        json::Value filter;
    };
    static const auto table = FieldTable<Deletion>()
                                  .field("filter", ErrorCode::InvalidDocumentFilter, &Deletion::filter)
                                  .required(ErrorCode::MissingDocumentFilter);
    MIROIR_TRY(Deletion deletion, table.parse(body));
    MIROIR_TRY(const auto parsed, parse_filter(deletion.filter, ErrorCode::InvalidDocumentFilter));
    if (!parsed) return fail(ErrorCode::InvalidDocumentFilter, "Sending an empty filter is forbidden.");
    MIROIR_CHECK(check_filter_gates(*parsed, gates));
    return std::move(deletion.filter);
}

}  // namespace miroir::protocol
