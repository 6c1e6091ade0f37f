// Editing documents by a function that the nodes run.
#include "api/routes.h"
#include "json/write.h"
#include "plan/edit_guard.h"
#include "protocol/documents/requests.h"
#include "protocol/fields/fields.h"
#include "protocol/keys/index_uid.h"

namespace miroir::api {
namespace {

using Reply = env::Task<Result<http::Reply>>;

struct EditBody {
    std::string function;
    json::Value context;
    std::optional<json::Value> filter;
};

Result<EditBody> parse_edit(const json::Value& body) {
    static const auto table =
        protocol::FieldTable<EditBody>()
            .field("filter", ErrorCode::InvalidDocumentFilter, &EditBody::filter)
            .field("context", ErrorCode::InvalidDocumentEditionContext, &EditBody::context)
            .field("function", ErrorCode::InvalidDocumentEditionFunctionFilter, &EditBody::function)
            .required(ErrorCode::MissingDocumentEditionFunction);
    MIROIR_TRY(EditBody out, table.parse(body));
    if (!out.context.is_null() && !out.context.is_object()) {
        return fail(ErrorCode::InvalidDocumentEditionContext, "The context must be an object");
    }
    return out;
}

Reply edit(Visit visit) {
    MIROIR_CO_CHECK(visit.desk.require(protocol::Feature::EditDocumentsByFunction, "Using the documents edit route"));
    MIROIR_CO_CHECK(protocol::check_index_uid(visit.index_text()));
    quorum::EditWish wish;
    MIROIR_CO_TRY(wish.custom_metadata, protocol::parse_custom_metadata(visit.in.raw_query));
    MIROIR_CO_TRY(EditBody wanted, parse_edit(visit.body));
    std::optional<std::string> guarded = plan::guarded_function(wanted.function);
    if (!guarded) {
        co_return fail(ErrorCode::MiroirReservedField,
                       "The function could reach the members that Miroir adds to each document. It must not name them "
                       "nor use `eval`; with `return` or `exit` it must name each member that it changes, and not put "
                       "another document in the place of `doc`.");
    }
    wish.function = *std::move(guarded);
    wish.details =
        json::Object{{"editedDocuments", nullptr},
                     {"deletedDocuments", nullptr},
                     {"originalFilter", wanted.filter ? json::Value(json::to_text(*wanted.filter)) : json::Value()},
                     {"context", wanted.context},
                     {"function", wanted.function}};
    wish.body = std::move(visit.body);
    const Result<quorum::Receipt> receipt =
        co_await visit.desk.ask(visit.desk.office().edit_documents(visit.index_uid(), std::move(wish)));
    if (!receipt) co_return fail(receipt.error());
    co_return receipt_reply(*receipt);
}

constexpr Route kRoutes[] = {
    {"POST", "/indexes/{index_uid}/documents/edit", "documents.edit", BodyKind::Json, edit},
};

}  // namespace

std::span<const Route> document_edit_routes() { return kRoutes; }

}  // namespace miroir::api
