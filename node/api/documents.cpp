// Documents: reading, adding, deleting, editing by function.
#include <charconv>

#include "json/write.h"
#include "node/api/read_context.h"
#include "node/api/routes.h"
#include "node/script/script.h"
#include "protocol/documents/payload.h"
#include "protocol/documents/primary_key.h"
#include "protocol/documents/requests.h"
#include "protocol/fields/fields.h"
#include "protocol/filter/filter.h"
#include "protocol/keys/index_uid.h"
#include "protocol/query/documents_query.h"
#include "server/body.h"

namespace miroir::node {
namespace {

using protocol::Place;
using protocol::TaskType;

Result<protocol::PayloadOptions> payload_options(Visit& visit, const protocol::DocumentAddition& addition) {
    MIROIR_TRY(const std::string media_type,
               server::check_content_type(visit.in.headers,
                                          {protocol::kDocumentMediaTypes[0], protocol::kDocumentMediaTypes[1],
                                           protocol::kDocumentMediaTypes[2]}));
    return protocol::payload_options(addition, media_type);
}

std::string_view media_type_of(protocol::PayloadFormat format) {
    return protocol::kDocumentMediaTypes[static_cast<std::size_t>(format)];
}

Result<http::Reply> add(Visit& visit, std::string_view method) {
    MIROIR_CHECK(protocol::check_index_uid(visit.index_uid()));
    MIROIR_TRY(const protocol::DocumentAddition query, protocol::parse_document_addition(visit.in.raw_query));
    MIROIR_TRY(const protocol::PayloadOptions options, payload_options(visit, query));
    MIROIR_TRY(const protocol::Payload payload, protocol::read_payload(visit.raw_body, options, query.primary_key));
    json::Object params{{"method", method},
                        {"format", media_type_of(options.format)},
                        {"delimiter", std::string(1, options.csv_delimiter)},
                        {"skipCreation", query.skip_creation},
                        {"mayCreate", visit.grant.may_create(visit.index_uid())}};
    if (query.primary_key) params.set("primaryKey", *query.primary_key);
    return enqueue(visit,
                   {.type = TaskType::DocumentAdditionOrUpdate,
                    .index_uid = visit.index_uid(),
                    .details = json::Object{{"receivedDocuments", static_cast<std::uint64_t>(payload.documents.size())},
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

Result<http::Reply> enqueue_deletion(Visit& visit, json::Object params, std::optional<std::uint64_t> provided,
                                     json::Value original_filter) {
    MIROIR_CHECK(protocol::check_index_uid(visit.index_uid()));
    MIROIR_TRY(const std::optional<std::string> metadata, protocol::parse_custom_metadata(visit.in.raw_query));
    json::Object details;
    if (provided) details.append("providedIds", *provided);
    details.append("deletedDocuments", nullptr);
    if (provided) details.append("originalFilter", std::move(original_filter));
    return enqueue(visit, {.type = TaskType::DocumentDeletion,
                           .index_uid = visit.index_uid(),
                           .details = std::move(details),
                           .params = std::move(params),
                           .custom_metadata = metadata});
}

Result<http::Reply> delete_one(Visit& visit) {
    json::Array ids{visit.in.params.get("document_id")};
    return enqueue_deletion(visit, {{"ids", std::move(ids)}}, 1, {});
}

Result<http::Reply> delete_all(Visit& visit) { return enqueue_deletion(visit, {{"all", true}}, std::nullopt, {}); }

Result<http::Reply> delete_batch(Visit& visit) {
    MIROIR_TRY(const std::vector<std::string> texts, protocol::parse_deletion_list(visit.body));
    json::Array ids(texts.begin(), texts.end());
    const auto provided = static_cast<std::uint64_t>(ids.size());
    return enqueue_deletion(visit, {{"ids", std::move(ids)}}, provided, {});
}

Result<http::Reply> delete_by_filter(Visit& visit) {
    MIROIR_CHECK(protocol::check_index_uid(visit.index_uid()));
    const protocol::FilterGates gates{.contains_filter = visit.desk.feature("containsFilter"),
                                      .foreign_keys = visit.desk.feature("foreignKeys"),
                                      .network = visit.desk.feature("network"),
                                      .multimodal = visit.desk.feature("multimodal")};
    MIROIR_TRY(json::Value filter, protocol::parse_deletion_filter(visit.body, gates));
    const std::string text = json::to_text(filter);
    return enqueue_deletion(visit, {{"filter", std::move(filter)}}, 0, text);
}

struct EditBody {
    std::string function;
    json::Value context;
    std::optional<json::Value> filter;
};

Result<http::Reply> edit(Visit& visit) {
    static const auto table =
        protocol::FieldTable<EditBody>()
            .field("filter", ErrorCode::InvalidDocumentFilter, &EditBody::filter)
            .field("context", ErrorCode::InvalidDocumentEditionContext, &EditBody::context)
            .field("function", ErrorCode::InvalidDocumentEditionFunctionFilter, &EditBody::function)
            .required(ErrorCode::MissingDocumentEditionFunction);
    MIROIR_CHECK(visit.desk.require_feature("editDocumentsByFunction", "Using the documents edit route"));
    MIROIR_CHECK(protocol::check_index_uid(visit.index_uid()));
    MIROIR_TRY(const std::optional<std::string> metadata, protocol::parse_custom_metadata(visit.in.raw_query));
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
                           .custom_metadata = metadata});
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
