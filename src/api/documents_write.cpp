// Documents: adding, updating, deleting. What the client sent is read and refused here, as a whole; the office splits.
#include "api/read/known_fields.h"
#include "api/routes.h"
#include "protocol/documents/requests.h"
#include "protocol/keys/index_uid.h"
#include "server/body.h"

namespace miroir::api {
namespace {

using Reply = env::Task<Result<http::Reply>>;

Reply answer(env::Task<Result<quorum::Receipt>> writing) {
    const Result<quorum::Receipt> receipt = co_await writing;
    if (!receipt) co_return fail(receipt.error());
    co_return receipt_reply(*receipt);
}

// The office decides under its lane; a wrong guess only costs time.
std::optional<std::string> likely_key(const Visit& visit, const std::optional<std::string>& asked) {
    const plan::IndexPtr index = visit.desk.catalog()->find(visit.index_uid());
    return index && index->primary_key ? index->primary_key : asked;
}

Reply add(Visit visit, bool update) {
    MIROIR_CO_CHECK(protocol::check_index_uid(visit.index_text()));
    MIROIR_CO_TRY(protocol::DocumentAddition addition, protocol::parse_document_addition(visit.in.raw_query));
    MIROIR_CO_TRY(const std::string media_type,
                  server::check_content_type(visit.in.headers,
                                             {protocol::kDocumentMediaTypes[0], protocol::kDocumentMediaTypes[1],
                                              protocol::kDocumentMediaTypes[2]}));
    MIROIR_CO_TRY(const protocol::PayloadOptions options, protocol::payload_options(addition, media_type));
    quorum::Documents documents;
    documents.primary_key = std::move(addition.primary_key);
    documents.bytes = std::make_shared<const std::string>(std::move(visit.raw_body));
    MIROIR_CO_TRY(documents.payload,
                  protocol::read_payload(*documents.bytes, options, likely_key(visit, documents.primary_key)));
    if (documents.payload.rewritten) documents.bytes = documents.payload.rewritten;
    documents.update = update;
    documents.skip_creation = addition.skip_creation;
    documents.may_create = visit.grant.may_create(visit.index_text());
    documents.custom_metadata = std::move(addition.custom_metadata);
    co_return co_await answer(
        visit.desk.ask(visit.desk.office().add_documents(visit.index_uid(), std::move(documents))));
}

Reply replace(Visit visit) { return add(std::move(visit), false); }
Reply update(Visit visit) { return add(std::move(visit), true); }

Reply delete_ids(Visit visit, std::vector<std::string> ids) {
    MIROIR_CO_CHECK(protocol::check_index_uid(visit.index_text()));
    MIROIR_CO_TRY(std::optional<std::string> metadata, protocol::parse_custom_metadata(visit.in.raw_query));
    co_return co_await answer(
        visit.desk.ask(visit.desk.office().delete_documents(visit.index_uid(), std::move(ids), std::move(metadata))));
}

Reply delete_one(Visit visit) {
    std::vector<std::string> ids = {visit.in.params.get("document_id")};
    co_return co_await delete_ids(std::move(visit), std::move(ids));
}

Reply delete_batch(Visit visit) {
    MIROIR_CO_TRY(std::vector<std::string> ids, protocol::parse_deletion_list(visit.body));
    co_return co_await delete_ids(std::move(visit), std::move(ids));
}

Reply delete_by_filter(Visit visit) {
    MIROIR_CO_CHECK(protocol::check_index_uid(visit.index_text()));
    MIROIR_CO_TRY(json::Value filter, protocol::parse_deletion_filter(visit.body, visit.desk.filter_gates()));
    MIROIR_CO_TRY(std::optional<std::string> metadata, protocol::parse_custom_metadata(visit.in.raw_query));
    json::Value carried = filter;
    if (const Result<plan::IndexPtr> index = visit.desk.open(visit.index_text())) {
        RoundPlace place{.desk = visit.desk, .topology = visit.desk.topology(), .index = *index, .call = visit.in.call};
        MIROIR_CO_TRY(const std::optional<json::Value> told, co_await filter_for_nodes(std::move(place), filter));
        carried = told.value_or(filter);
    }
    co_return co_await answer(visit.desk.ask(visit.desk.office().delete_by_filter(
        visit.index_uid(), std::move(filter), std::move(carried), std::move(metadata))));
}

Reply delete_all(Visit visit) {
    MIROIR_CO_CHECK(protocol::check_index_uid(visit.index_text()));
    MIROIR_CO_TRY(std::optional<std::string> metadata, protocol::parse_custom_metadata(visit.in.raw_query));
    co_return co_await answer(
        visit.desk.ask(visit.desk.office().delete_all_documents(visit.index_uid(), std::move(metadata))));
}

constexpr std::string_view kDocuments = "/indexes/{index_uid}/documents";

constexpr Route kRoutes[] = {
    {"POST", kDocuments, "documents.add", BodyKind::Raw, replace},
    {"PUT", kDocuments, "documents.add", BodyKind::Raw, update},
    {"DELETE", kDocuments, "documents.delete", BodyKind::None, delete_all},
    {"POST", "/indexes/{index_uid}/documents/delete-batch", "documents.delete", BodyKind::Json, delete_batch},
    {"POST", "/indexes/{index_uid}/documents/delete", "documents.delete", BodyKind::Json, delete_by_filter},
    {"DELETE", "/indexes/{index_uid}/documents/{document_id}", "documents.delete", BodyKind::None, delete_one},
};

}  // namespace

std::span<const Route> document_write_routes() { return kRoutes; }

}  // namespace miroir::api
