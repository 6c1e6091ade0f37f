// Reading documents: one goes to the node that holds its shard, lists are merged by the stamp of insertion.
#include <algorithm>

#include "api/read/cover_round.h"
#include "api/read/known_fields.h"
#include "api/routes.h"
#include "merge/document_merge.h"
#include "merge/hit_bytes.h"
#include "plan/documents_plan.h"
#include "plan/read_checks.h"
#include "server/query.h"

namespace miroir::api {
namespace {

using Reply = env::Task<Result<http::Reply>>;
using merge::DocumentsAnswer;
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

// One list being asked for, piece by piece.
struct Listing {
    RoundPlace place;
    DocumentsQuery query;
};

struct Stretch {
    std::vector<DocumentsAnswer> answers;
    std::vector<cluster::NodeIndex> nodes;  // beside `answers`
    std::vector<ShardId> missing;
    std::optional<http::Reply> refusal;
};

using StretchOf = std::function<plan::DocumentStretch(cluster::NodeIndex)>;

env::Task<Result<Stretch>> read_stretch(const Listing& listing, StretchOf stretch_of) {
    Stretch out;
    const plan::IndexPtr index = listing.place.index;
    const CallOf call_of = [&](const cluster::CoverPart& part) {
        return plan::documents_call(*index, part, listing.query, stretch_of(part.node));
    };
    const scatter::Accept accept = [&](scatter::Answered& answered) -> Result<void> {
        MIROIR_TRY(DocumentsAnswer answer, DocumentsAnswer::read(std::move(answered.reply.body)));
        out.answers.push_back(std::move(answer));
        out.nodes.push_back(answered.call.node);
        return {};
    };
    MIROIR_CO_TRY(Round round, co_await ask_everywhere(listing.place, call_of, accept));
    out.missing = std::move(round.missing);
    out.refusal = std::move(round.refusal);
    co_return out;
}

std::uint64_t total_of(const std::vector<DocumentsAnswer>& answers) {
    std::uint64_t total = 0;
    for (const DocumentsAnswer& answer : answers) total += answer.total();
    return total;
}

// Where a far page begins: a stamp, and how many documents from there on still lie before the page.
struct Start {
    std::optional<std::string> from;
    std::uint64_t skip = 0;
    std::uint64_t total = 0;
};

// Three short rounds instead of the whole prefix: how many documents each node has, a stamp of each a little before the
// page, and how many documents lie before the earliest of these.
env::Task<Result<Start>> find_start(const Listing& listing) {
    Start start{.from = {}, .skip = listing.query.offset, .total = 0};
    const StretchOf none = [](cluster::NodeIndex) {
        return plan::DocumentStretch{.offset = 0, .limit = 0, .from = {}, .before = {}, .keys_only = true};
    };
    MIROIR_CO_TRY(const Stretch counted, co_await read_stretch(listing, none));
    start.total = total_of(counted.answers);
    if (counted.refusal || !counted.missing.empty() || listing.query.offset >= start.total) co_return start;
    const StretchOf probe = [&](cluster::NodeIndex node) {
        std::uint64_t own = 0;
        for (std::size_t i = 0; i < counted.nodes.size(); ++i)
            own += counted.nodes[i] == node ? counted.answers[i].total() : 0;
        return plan::DocumentStretch{.offset = plan::probe_offset(listing.query.offset, own, start.total),
                                     .limit = 1,
                                     .from = {},
                                     .before = {},
                                     .keys_only = true};
    };
    MIROIR_CO_TRY(const Stretch probed, co_await read_stretch(listing, probe));
    std::optional<std::string> earliest;
    for (const DocumentsAnswer& answer : probed.answers) {
        if (answer.documents().empty()) continue;
        std::string stamp(merge::stamp_of(answer.documents().front().key));
        if (!earliest || stamp < *earliest) earliest = std::move(stamp);
    }
    if (!earliest) co_return start;
    const StretchOf before = [&](cluster::NodeIndex) {
        return plan::DocumentStretch{.offset = 0, .limit = 0, .from = {}, .before = earliest, .keys_only = true};
    };
    MIROIR_CO_TRY(const Stretch passed, co_await read_stretch(listing, before));
    const std::uint64_t rank = total_of(passed.answers);
    if (rank > listing.query.offset || !passed.missing.empty()) co_return start;
    start.from = std::move(earliest);
    start.skip = listing.query.offset - rank;
    co_return start;
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
    query.filter = co_await filter_for_nodes(place, std::move(query.filter));
    const Listing listing{.place = place, .query = query};
    Start start{.from = {}, .skip = query.offset, .total = 0};
    if (plan::is_far(query)) {
        MIROIR_CO_TRY(start, co_await find_start(listing));
    }
    const std::uint64_t wanted = start.skip > UINT64_MAX - query.limit ? UINT64_MAX : start.skip + query.limit;
    const bool beyond = plan::is_far(query) && query.offset >= start.total && start.total != 0;
    const StretchOf page = [&](cluster::NodeIndex) {
        return plan::DocumentStretch{
            .offset = 0, .limit = query.limit == 0 || beyond ? 0 : wanted, .from = start.from, .before = {}};
    };
    MIROIR_CO_TRY(Stretch read, co_await read_stretch(listing, page));
    if (read.refusal) co_return std::move(*read.refusal);
    const auto documents = merge::merge_documents(read.answers, start.skip, query.limit);
    std::string body = "{\"results\":";
    merge::append_documents(body, documents);
    body += ",\"offset\":" + std::to_string(query.offset) + ",\"limit\":" + std::to_string(query.limit);
    body += ",\"total\":" + std::to_string(start.from ? start.total : total_of(read.answers)) + "}";
    http::Reply reply = server::json_text_reply(200, std::move(body));
    add_coverage(reply, read.missing, index->shards);
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
