// Documents: reading, adding, deleting, editing by function.
#include <charconv>

#include "json/write.h"
#include "node/api/read_context.h"
#include "node/api/routes.h"
#include "node/script/script.h"
#include "protocol/documents/payload.h"
#include "protocol/documents/primary_key.h"
#include "protocol/fields/fields.h"
#include "protocol/filter/filter.h"
#include "protocol/keys/index_uid.h"
#include "protocol/query/documents_query.h"
#include "server/body.h"

namespace miroir::node {
namespace {

using protocol::Place;
using protocol::TaskType;

struct AdditionQuery {
    std::optional<std::string> primary_key;
    std::optional<std::string> csv_delimiter;
    std::optional<std::string> custom_metadata;
    std::optional<std::string> skip_creation;
};

std::size_t count_characters(std::string_view text) {
    std::size_t count = 0;
    for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    return count;
}

Result<void> read_delimiter(AdditionQuery& out, const json::Value& value, const Place& place) {
    const std::string& text = value.string();
    const std::size_t count = count_characters(text);
    if (count == 1) {
        out.csv_delimiter = text;
        return {};
    }
    if (count == 0) return place.unexpected("expected a string of one character, but found an empty string");
    return place.unexpected("expected a string of one character, but found the following string of " +
                            std::to_string(count) + " characters: `" + text + "`");
}

Result<AdditionQuery> parse_addition_query(std::string_view raw_query) {
    static const auto table =
        protocol::FieldTable<AdditionQuery>()
            .field("primaryKey", ErrorCode::InvalidIndexPrimaryKey, &AdditionQuery::primary_key)
            .field("csvDelimiter", ErrorCode::InvalidDocumentCsvDelimiter, read_delimiter)
            .field("customMetadata", ErrorCode::InvalidIndexCustomMetadata, &AdditionQuery::custom_metadata)
            .field("skipCreation", ErrorCode::InvalidSkipCreation, &AdditionQuery::skip_creation);
    return table.parse_query(raw_query);
}

Result<bool> parse_skip(const std::optional<std::string>& text) {
    if (!text) return false;
    std::string lower = *text;
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (lower == "true" || lower == "false") return lower == "true";
    return fail(ErrorCode::InvalidSkipCreation,
                "skipCreation must be either `true` or `false`. Found: `" + *text + "`");
}

Result<protocol::PayloadOptions> payload_options(Visit& visit, const AdditionQuery& query) {
    MIROIR_TRY(const std::string media_type,
               server::check_content_type(visit.in.headers, {protocol::kDocumentMediaTypes[0],
                                                             protocol::kDocumentMediaTypes[1],
                                                             protocol::kDocumentMediaTypes[2]}));
    protocol::PayloadOptions options{.format = protocol::payload_format_of(media_type)};
    if (!query.csv_delimiter) return options;
    if (options.format != protocol::PayloadFormat::Csv) {
        return fail(ErrorCode::InvalidContentType,
                    "The Content-Type `" + media_type +
                        "` does not support the use of a csv delimiter. The csv delimiter can only be used with the "
                        "Content-Type `text/csv`.");
    }
    MIROIR_TRY(options.csv_delimiter, protocol::csv_delimiter_of(*query.csv_delimiter));
    return options;
}

std::string_view media_type_of(protocol::PayloadFormat format) {
    return protocol::kDocumentMediaTypes[static_cast<std::size_t>(format)];
}

Result<http::Reply> add(Visit& visit, std::string_view method) {
    MIROIR_CHECK(protocol::check_index_uid(visit.index_uid()));
    MIROIR_TRY(const AdditionQuery query, parse_addition_query(visit.in.raw_query));
    MIROIR_TRY(const bool skip, parse_skip(query.skip_creation));
    MIROIR_TRY(const protocol::PayloadOptions options, payload_options(visit, query));
    MIROIR_TRY(const std::vector<json::Object> documents, protocol::parse_documents(visit.raw_body, options));
    json::Object params{{"method", method},
                        {"format", media_type_of(options.format)},
                        {"delimiter", std::string(1, options.csv_delimiter)},
                        {"skipCreation", skip},
                        {"mayCreate", visit.grant.may_create(visit.index_uid())}};
    if (query.primary_key) params.set("primaryKey", *query.primary_key);
    return enqueue(visit, {.type = TaskType::DocumentAdditionOrUpdate,
                           .index_uid = visit.index_uid(),
                           .details = json::Object{{"receivedDocuments", static_cast<std::uint64_t>(documents.size())},
                                                   {"indexedDocuments", nullptr}},
                           .params = std::move(params),
                           .payload = std::move(visit.raw_body),
                           .custom_metadata = query.custom_metadata});
}

Result<http::Reply> replace(Visit& visit) { return add(visit, "replace"); }
Result<http::Reply> update(Visit& visit) { return add(visit, "update"); }

Result<http::Reply> list(Visit& visit) {
    MIROIR_TRY(const protocol::DocumentsQuery query, protocol::parse_documents_parameters(visit.in.raw_query));
    MIROIR_CHECK(protocol::check_index_uid(visit.index_uid()));
    MIROIR_TRY(const json::Value page, list_documents(visit.index_uid(), query, read_context(visit)));
    return ok(page);
}

Result<http::Reply> fetch(Visit& visit) {
    MIROIR_TRY(const protocol::DocumentsQuery query, protocol::parse_documents_query(visit.body));
    MIROIR_CHECK(protocol::check_index_uid(visit.index_uid()));
    MIROIR_TRY(const json::Value page, list_documents(visit.index_uid(), query, read_context(visit)));
    return ok(page);
}

Result<http::Reply> get(Visit& visit) {
    MIROIR_TRY(const protocol::DocumentQuery asked, protocol::parse_document_parameters(visit.in.raw_query));
    MIROIR_TRY(const StoredIndex* stored, visit.desk.open(visit.index_uid()));
    const std::string& id = visit.in.params.get("document_id");
    const Error missing{.code = ErrorCode::DocumentNotFound, .message = "Document `" + id + "` not found."};
    if (!stored->index.find(id)) return fail(missing);
    protocol::DocumentsQuery query{.fields = asked.fields, .retrieve_vectors = asked.retrieve_vectors};
    query.ids.emplace(std::vector<std::string>{id});
    MIROIR_TRY(const json::Value page, list_documents(visit.index_uid(), query, read_context(visit)));
    const json::Array& found = page.find("results")->array();
    if (found.empty()) return fail(missing);
    return ok(found.front());
}

struct DeletionQuery {
    std::optional<std::string> custom_metadata;
};
Result<DeletionQuery> parse_deletion_query(std::string_view raw_query) {
    static const auto table =
        protocol::FieldTable<DeletionQuery>().field("customMetadata", ErrorCode::InvalidIndexCustomMetadata,
                                                    &DeletionQuery::custom_metadata);
    return table.parse_query(raw_query);
}

Result<http::Reply> enqueue_deletion(Visit& visit, json::Object params, std::optional<std::uint64_t> provided,
                                     json::Value original_filter) {
    MIROIR_CHECK(protocol::check_index_uid(visit.index_uid()));
    MIROIR_TRY(const DeletionQuery query, parse_deletion_query(visit.in.raw_query));
    json::Object details;
    if (provided) details.append("providedIds", *provided);
    details.append("deletedDocuments", nullptr);
    if (provided) details.append("originalFilter", std::move(original_filter));
    return enqueue(visit, {.type = TaskType::DocumentDeletion,
                           .index_uid = visit.index_uid(),
                           .details = std::move(details),
                           .params = std::move(params),
                           .custom_metadata = query.custom_metadata});
}

Result<http::Reply> delete_one(Visit& visit) {
    json::Array ids{visit.in.params.get("document_id")};
    return enqueue_deletion(visit, {{"ids", std::move(ids)}}, 1, {});
}

Result<http::Reply> delete_all(Visit& visit) { return enqueue_deletion(visit, {{"all", true}}, std::nullopt, {}); }

std::string_view kind_of(const json::Value& value) {
    if (value.is_object()) return "map";
    if (value.is_null()) return "null";
    return value.is_string() ? "string" : value.is_bool() ? "boolean" : "number";
}

Result<http::Reply> delete_batch(Visit& visit) {
    if (!visit.body.is_array()) {
        return fail(ErrorCode::BadRequest, "Json deserialize error: invalid type: " + std::string(kind_of(visit.body)) +
                                               ", expected a sequence at line 1 column 0");
    }
    json::Array ids;
    for (const json::Value& id : visit.body.array()) {
        ids.emplace_back(id.is_string() ? id.string() : json::to_text(id));
    }
    const auto provided = static_cast<std::uint64_t>(ids.size());
    return enqueue_deletion(visit, {{"ids", std::move(ids)}}, provided, {});
}

struct FilterBody {
    json::Value filter;
};

Result<http::Reply> delete_by_filter(Visit& visit) {
    static const auto table = protocol::FieldTable<FilterBody>()
                                  .field("filter", ErrorCode::InvalidDocumentFilter, &FilterBody::filter)
                                  .required(ErrorCode::MissingDocumentFilter);
    MIROIR_CHECK(protocol::check_index_uid(visit.index_uid()));
    MIROIR_TRY(FilterBody wanted, table.parse(visit.body));
    MIROIR_TRY(const auto parsed, protocol::parse_filter(wanted.filter, ErrorCode::InvalidDocumentFilter));
    if (!parsed) return fail(ErrorCode::InvalidDocumentFilter, "Sending an empty filter is forbidden.");
    const protocol::FilterGates gates{.contains_filter = visit.desk.feature("containsFilter"),
                                      .foreign_keys = visit.desk.feature("foreignKeys"),
                                      .network = visit.desk.feature("network"),
                                      .multimodal = visit.desk.feature("multimodal")};
    MIROIR_CHECK(protocol::check_filter_gates(*parsed, gates));
    const std::string text = json::to_text(wanted.filter);
    return enqueue_deletion(visit, {{"filter", std::move(wanted.filter)}}, 0, text);
}

struct EditBody {
    std::string function;
    json::Value context;
    std::optional<json::Value> filter;
};

Result<http::Reply> edit(Visit& visit) {
    static const auto table = protocol::FieldTable<EditBody>()
                                  .field("filter", ErrorCode::InvalidDocumentFilter, &EditBody::filter)
                                  .field("context", ErrorCode::InvalidDocumentEditionContext, &EditBody::context)
                                  .field("function", ErrorCode::InvalidDocumentEditionFunctionFilter, &EditBody::function)
                                  .required(ErrorCode::MissingDocumentEditionFunction);
    MIROIR_CHECK(visit.desk.require_feature("editDocumentsByFunction", "Using the documents edit route"));
    MIROIR_CHECK(protocol::check_index_uid(visit.index_uid()));
    MIROIR_TRY(const DeletionQuery query, parse_deletion_query(visit.in.raw_query));
    MIROIR_TRY(EditBody wanted, table.parse(visit.body));
    if (!wanted.context.is_null() && !wanted.context.is_object()) {
        return fail(ErrorCode::InvalidDocumentEditionContext, "The context must be an object");
    }
    if (wanted.filter) {
        auto parsed = protocol::parse_filter(*wanted.filter, ErrorCode::InvalidDocumentFilter);
        if (!parsed) return fail(inside_index(visit.index_uid(), parsed.error()));
    }
    MIROIR_TRY(const Script script, Script::compile(wanted.function));
    json::Object params{{"function", wanted.function}, {"context", wanted.context}};
    if (wanted.filter) params.set("filter", *wanted.filter);
    const json::Object details{
        {"editedDocuments", nullptr},
        {"deletedDocuments", nullptr},
        {"originalFilter", wanted.filter ? json::Value(json::to_text(*wanted.filter)) : json::Value()},
        {"context", wanted.context},
        {"function", wanted.function}};
    return enqueue(visit, {.type = TaskType::DocumentEdition,
                           .index_uid = visit.index_uid(),
                           .details = details,
                           .params = std::move(params),
                           .custom_metadata = query.custom_metadata});
}

constexpr std::string_view kDocuments = "/indexes/{index_uid}/documents";

constexpr Route kRoutes[] = {
    {"GET", kDocuments, "documents.get", BodyKind::None, list},
    {"POST", kDocuments, "documents.add", BodyKind::Raw, replace},
    {"PUT", kDocuments, "documents.add", BodyKind::Raw, update},
    {"DELETE", kDocuments, "documents.delete", BodyKind::None, delete_all},
    {"POST", "/indexes/{index_uid}/documents/fetch", "documents.get", BodyKind::Json, fetch},
    {"POST", "/indexes/{index_uid}/documents/delete-batch", "documents.delete", BodyKind::Json, delete_batch},
    {"POST", "/indexes/{index_uid}/documents/delete", "documents.delete", BodyKind::Json, delete_by_filter},
    {"POST", "/indexes/{index_uid}/documents/edit", "documents.edit", BodyKind::Json, edit},
    {"GET", "/indexes/{index_uid}/documents/{document_id}", "documents.get", BodyKind::None, get},
    {"DELETE", "/indexes/{index_uid}/documents/{document_id}", "documents.delete", BodyKind::None, delete_one},
};

}  // namespace

std::span<const Route> document_routes() { return kRoutes; }

}  // namespace miroir::node
