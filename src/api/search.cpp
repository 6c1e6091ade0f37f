// Searching: parse and check, then run_search(). The checks are those of the engine, made on the client's own query and
// settings, so that no refusal ever speaks of what Miroir adds.
#include "api/read/foreign_keys.h"
#include "api/read/search_flights.h"
#include "plan/read_checks.h"

namespace miroir::api {
namespace {

using Reply = env::Task<Result<http::Reply>>;
using protocol::SearchQuery;

Reply search(Visit visit, SearchQuery query) {
    MIROIR_CO_CHECK(protocol::check_search_query(query, visit.desk.search_features()));
    MIROIR_CO_TRY(const plan::IndexPtr index, visit.desk.open(visit.index_text()));
    MIROIR_CO_CHECK(prepare(visit, *index, query));
    MIROIR_CO_CHECK(co_await resolve_foreign(visit.desk, index, query.filter, visit.in.call));
    SearchWish wish{.index = index, .query = std::move(query), .call = visit.in.call, .pin = visit.pin};
    const SharedOutcome found = co_await share_search(visit.desk, std::move(wish));
    if (!*found) co_return fail(found->error());
    const SearchOutcome& outcome = **found;
    if (outcome.refusal) co_return refusal_of(outcome);
    std::string body = search_body(visit, outcome);
    MIROIR_CO_CHECK(co_await show_foreign(visit.desk, index, body, visit.in.call));
    http::Reply reply = server::json_text_reply(200, std::move(body));
    add_search_headers(reply, outcome);
    co_return reply;
}

Reply post_search(Visit visit) {
    MIROIR_CO_TRY(SearchQuery query, protocol::parse_search_query(visit.body));
    co_return co_await search(std::move(visit), std::move(query));
}

Reply get_search(Visit visit) {
    MIROIR_CO_TRY(SearchQuery query, protocol::parse_search_parameters(visit.in.raw_query));
    co_return co_await search(std::move(visit), std::move(query));
}

// `execute` is no part of the search.
Result<bool> take_execute(json::Value& body) {
    const json::Value* asked = body.is_object() ? body.find("execute") : nullptr;
    if (asked == nullptr) return false;
    if (!asked->is_bool()) return fail(ErrorCode::BadRequest, "Invalid value type at `.execute`: expected a boolean");
    const bool execute = asked->boolean();
    body.object().erase("execute");
    return execute;
}

// What a search would ask of whom, without asking; with `execute` also how it went.
Reply explain(Visit visit) {
    MIROIR_CO_TRY(const bool execute, take_execute(visit.body));
    MIROIR_CO_TRY(SearchQuery query, protocol::parse_search_query(visit.body));
    MIROIR_CO_CHECK(protocol::check_search_query(query, visit.desk.search_features()));
    MIROIR_CO_TRY(const plan::IndexPtr index, visit.desk.open(visit.index_text()));
    MIROIR_CO_CHECK(prepare(visit, *index, query));
    const cluster::TopologyPtr topology = visit.desk.topology();
    MIROIR_CO_TRY(const cluster::Cover cover,
                  visit.desk.cover(*topology, *index, visit.replica_seed(index->uid.value + query.q.value_or(""))));
    MIROIR_CO_TRY(
        const plan::SearchPlan plan,
        plan::plan_search(index, query, topology, cover, {.keys_first_from = visit.desk.options().keys_first_from}));
    json::Value shown = plan::explained(plan);
    if (execute) {
        SearchWish wish{.index = index, .query = std::move(query), .call = visit.in.call, .pin = visit.pin};
        MIROIR_CO_TRY(json::Object how, co_await executed(visit.desk, std::move(wish)));
        shown.object().append("execution", std::move(how));
    }
    co_return ok(std::move(shown));
}

constexpr Route kRoutes[] = {
    {"POST", "/indexes/{index_uid}/search", "search", BodyKind::Json, post_search},
    {"GET", "/indexes/{index_uid}/search", "search", BodyKind::None, get_search},
    {"POST", "/indexes/{index_uid}/facet-search", "search", BodyKind::Json, facet_search},
    {"POST", "/indexes/{index_uid}/similar", "search", BodyKind::Json, post_similar},
    {"GET", "/indexes/{index_uid}/similar", "search", BodyKind::None, get_similar},
    {"POST", "/multi-search", "search", BodyKind::Json, multi_search},
    {"POST", "/indexes/{index_uid}/explain", "*", BodyKind::Json, explain},
};

}  // namespace

std::span<const Route> search_routes() { return kRoutes; }

}  // namespace miroir::api
