// Reading documents: one goes to the node that holds its shard, lists are merged by the stamp of insertion.
#include "api/read/cover_round.h"
#include "api/read/document_list.h"
#include "api/read/known_fields.h"
#include "api/routes.h"
#include "merge/document_merge.h"
#include "merge/hit_bytes.h"
#include "plan/read_checks.h"
#include "server/query.h"

namespace miroir::api {
namespace {

using Reply = env::Task<Result<http::Reply>>;
using protocol::DocumentsQuery;

Error document_not_found(const std::string& id) {
    return {.code = ErrorCode::DocumentNotFound, .message = "Document `" + id + "` not found."};
}

Reply get(Visit visit) {
    MIROIR_CO_CHECK(protocol::parse_document_parameters(visit.in.raw_query));
    MIROIR_CO_TRY(const plan::IndexPtr index, visit.desk.open(visit.index_text()));
    const std::string id = visit.in.params.get("document_id");
    DocumentPlace place{.desk = visit.desk,
                        .index = index,
                        .id = id,
                        .raw_query = visit.in.raw_query,
                        .call = visit.in.call,
                        .seed = visit.pin.value_or(0)};
    MIROIR_CO_TRY(http::Reply reply, co_await fetch_document(std::move(place)));
    if (reply.status == 404) co_return fail(document_not_found(id));
    if (reply.status != 200) co_return scrubbed(std::move(reply));
    std::string shown;
    reply.body.reserve(reply.body.size() + 64);  // the room that reading needs behind the end
    merge::append_hit(shown, reply.body, {.score = true, .details = true, .drop_field = {}, .insert = {}});
    co_return server::json_text_reply(200, std::move(shown));
}

Reply list(Visit visit, DocumentsQuery query) {
    if (query.sort) MIROIR_CO_CHECK(plan::check_sort_syntax(*query.sort, ErrorCode::InvalidDocumentSort));
    MIROIR_CO_TRY(const plan::IndexPtr index, visit.desk.open(visit.index_text()));
    MIROIR_CO_CHECK(
        plan::check_filter(*index, query.filter, visit.desk.filter_gates(), ErrorCode::InvalidDocumentFilter, false));
    if (query.sort) MIROIR_CO_CHECK(plan::check_sort_in_documents(*index, *query.sort));
    json::Value forced = visit.grant.forced_filter(index->uid.value);
    if (!forced.is_null())
        query.filter = protocol::join_filters(query.filter.value_or(json::Value()), std::move(forced));
    const RoundPlace place{.desk = visit.desk,
                           .topology = visit.desk.topology(),
                           .index = index,
                           .seed = visit.replica_seed(index->uid.value),
                           .call = visit.in.call};
    MIROIR_CO_TRY(query.filter, co_await filter_for_nodes(place, std::move(query.filter)));
    MIROIR_CO_TRY(DocumentPage page, co_await read_page(place, query));
    if (page.refusal) co_return *std::move(page.refusal);
    std::string body = "{\"results\":";
    merge::append_documents(body, page.documents);
    body += ",\"offset\":" + std::to_string(query.offset) + ",\"limit\":" + std::to_string(query.limit);
    body += ",\"total\":" + std::to_string(page.total) + "}";
    http::Reply reply = server::json_text_reply(200, std::move(body));
    add_coverage(reply, page.missing, index->shards);
    co_return reply;
}

Reply list_by_parameters(Visit visit) {
    MIROIR_CO_TRY(DocumentsQuery query, protocol::parse_documents_parameters(visit.in.raw_query));
    co_return co_await list(std::move(visit), std::move(query));
}

Reply list_by_body(Visit visit) {
    MIROIR_CO_TRY(DocumentsQuery query, protocol::parse_documents_query(visit.body));
    co_return co_await list(std::move(visit), std::move(query));
}

constexpr Route kRoutes[] = {
    {"GET", "/indexes/{index_uid}/documents", "documents.get", BodyKind::None, list_by_parameters},
    {"POST", "/indexes/{index_uid}/documents/fetch", "documents.get", BodyKind::Json, list_by_body},
    {"GET", "/indexes/{index_uid}/documents/{document_id}", "documents.get", BodyKind::None, get},
};

}  // namespace

std::span<const Route> document_read_routes() { return kRoutes; }

}  // namespace miroir::api
