// Several searches in one request, each planned by itself, side by side. The first refusal ends all.
#include "api/read/multi_search.h"

#include "api/read/foreign_keys.h"
#include "api/read/search_flights.h"
#include "json/write.h"
#include "plan/read_checks.h"
#include "protocol/query/multi_search.h"

namespace miroir::api {
namespace {

using Reply = env::Task<Result<http::Reply>>;
using protocol::MultiSearch;
using protocol::MultiSearchQuery;

constexpr std::size_t kQueriesMax = 1000;
constexpr std::size_t kSideBySide = 16;

Result<SearchWish> wish_of(const Visit& visit, MultiSearchQuery query) {
    MIROIR_CHECK(protocol::check_plain_query(query));
    MIROIR_CHECK(protocol::check_search_query(query.search, visit.desk.search_features()));
    MIROIR_TRY(const plan::IndexPtr index, open_inside(visit.desk, query.index_uid));
    MIROIR_CHECK(prepare(visit, *index, query.search));
    return SearchWish{.index = index, .query = std::move(query.search), .call = visit.in.call, .pin = visit.pin};
}

Reply one_by_one(Visit visit, MultiSearch request) {
    std::string body = "{\"results\":[";
    http::Reply headers;
    Doubts doubts;
    for (std::size_t begin = 0; begin < request.queries.size(); begin += kSideBySide) {
        const std::size_t end = std::min(request.queries.size(), begin + kSideBySide);
        std::vector<env::Task<SharedOutcome>> running;
        std::optional<Error> refused;
        for (std::size_t i = begin; i < end && !refused; ++i) {
            Result<SearchWish> wish = wish_of(visit, request.queries[i]);
            if (wish) {
                const Result<void> resolved =
                    co_await resolve_foreign(visit.desk, wish->index, wish->query.filter, visit.in.call);
                if (!resolved) wish = fail(resolved.error());
            }
            if (wish) running.push_back(share_search(visit.desk, *std::move(wish)));
            else refused = protocol::inside_query(i, std::move(wish).error());
        }
        const std::vector<SharedOutcome> outcomes = co_await env::gather(visit.desk.env().executor, std::move(running));
        for (std::size_t i = 0; i < outcomes.size(); ++i) {
            if (!*outcomes[i]) co_return fail(protocol::inside_query(begin + i, outcomes[i]->error()));
            const SearchOutcome& outcome = **outcomes[i];
            if (outcome.refusal) co_return fail(protocol::inside_query(begin + i, error_of(*outcome.refusal)));
            if (body.back() != '[') body += ',';
            body += "{\"indexUid\":";
            json::append_string(body, request.queries[begin + i].index_uid);
            std::string result = search_body(visit, outcome);
            MIROIR_CO_CHECK(co_await show_foreign(visit.desk, outcome.plan.index, result, visit.in.call));
            body.append(",").append(result, 1);
            doubts.add(outcome.doubts);
            if (!outcome.missing.empty() && !headers.headers.has("X-Miroir-Degraded"))
                headers.headers.add("X-Miroir-Degraded", shards_text(outcome.missing));
        }
        if (refused) co_return fail(*std::move(refused));
    }
    http::Reply reply = server::json_text_reply(200, body + "]}");
    doubts.tell(reply);
    for (const auto& [name, value] : headers.headers) reply.headers.add(name, value);
    co_return reply;
}

}  // namespace

env::Task<Result<http::Reply>> multi_search(Visit visit) {
    MIROIR_CO_TRY(MultiSearch request, protocol::parse_multi_search(visit.body));
    if (request.queries.size() > kQueriesMax) {
        co_return fail(ErrorCode::BadRequest, "A multi-search may hold " + std::to_string(kQueriesMax) +
                                                  " queries at most, this one holds " +
                                                  std::to_string(request.queries.size()) + ". Split it.");
    }
    for (std::size_t i = 0; i < request.queries.size(); ++i) {
        if (visit.grant.allows(request.queries[i].index_uid)) continue;
        Error refusal{.code = ErrorCode::InvalidApiKey, .message = "The provided API key is invalid."};
        co_return fail(protocol::inside_query(i, std::move(refusal)));
    }
    if (request.federation) co_return co_await federated_search(std::move(visit), std::move(request));
    co_return co_await one_by_one(std::move(visit), std::move(request));
}

Result<plan::IndexPtr> open_inside(const Desk& desk, const std::string& uid) {
    Result<plan::IndexPtr> index = desk.open(uid);
    if (index || index.error().code != ErrorCode::IndexNotFound) return index;
    Error missing = std::move(index).error();
    missing.status = 400;
    return fail(std::move(missing));
}

}  // namespace miroir::api
