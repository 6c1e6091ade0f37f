// Editing documents by a function that the nodes run. A function can reach every member of a document, ours too, so
// what could touch those is refused here: names that are ours, members by computed names, and putting another document
// in the place of this one.
#include "api/routes.h"
#include "json/write.h"
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

std::string without_blanks(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r') out += c;
    }
    return out;
}

bool is_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// What stands right behind `doc` may be a member by its name, a comparison, `= ()`, or something that only reads.
bool is_harmless(std::string_view rest) {
    if (rest.starts_with("[")) return rest.starts_with("[\"");
    for (const std::string_view method : {".clear(", ".retain(", ".drain(", ".fill_with(", ".split("}) {
        if (rest.starts_with(method)) return false;
    }
    for (const std::string_view method : {".remove(", ".set(", ".get("}) {
        if (rest.starts_with(method)) return rest.substr(method.size()).starts_with("\"");
    }
    if (!rest.starts_with("=") || rest.starts_with("==")) return true;
    return rest.starts_with("=()");
}

bool spares_reserved_fields(std::string_view function) {
    const std::string text = without_blanks(function);
    if (text.find("_miroir_") != std::string::npos || text.find("eval(") != std::string::npos) return false;
    for (std::size_t at = text.find("doc"); at != std::string::npos; at = text.find("doc", at + 1)) {
        const bool whole = (at == 0 || (!is_name(text[at - 1]) && text[at - 1] != '.')) &&
                           (at + 3 == text.size() || !is_name(text[at + 3]));
        if (whole && !is_harmless(std::string_view(text).substr(at + 3))) return false;
    }
    return true;
}

Reply edit(Visit visit) {
    MIROIR_CO_CHECK(visit.desk.require(protocol::Feature::EditDocumentsByFunction, "Using the documents edit route"));
    MIROIR_CO_CHECK(protocol::check_index_uid(visit.index_text()));
    quorum::EditWish wish;
    MIROIR_CO_TRY(wish.custom_metadata, protocol::parse_custom_metadata(visit.in.raw_query));
    MIROIR_CO_TRY(EditBody wanted, parse_edit(visit.body));
    if (!spares_reserved_fields(wanted.function)) {
        co_return fail(
            ErrorCode::MiroirReservedField,
            "The function could reach the members that Miroir adds to each document. Name each member that it "
            "changes, and do not put another document in the place of `doc`.");
    }
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
