#include "api/read/search_flights.h"

#include "json/write.h"

namespace miroir::api {
namespace {

constexpr env::MetricName kSubscribers{.name = "miroir_query_coalesce_subscribers_total",
                                       .help = "Searches that waited for the answer to an equal one."};
constexpr env::MetricName kHits{.name = "miroir_query_coalesce_hits_total",
                                .help = "Searches answered with the answer to an equal one."};

env::Task<Result<SearchOutcome>> fly(Desk& desk, SearchWish wish, env::Cancel cancel) {
    wish.call.cancel = std::move(cancel);
    co_return co_await run_search(desk, std::move(wish));
}

// The one who worked ran out of time, or was given up: that is no answer for another.
template <class T>
bool is_for_all(const Result<T>& outcome) {
    return outcome ||
           (outcome.error().code != ErrorCode::MiroirTimeout && outcome.error().code != ErrorCode::MiroirCanceled);
}

}  // namespace

std::string flight_key(const SearchWish& wish) {
    const plan::IndexEntry& index = *wish.index;
    std::string key = index.uid.value;
    for (const std::uint64_t part :
         {static_cast<std::uint64_t>(index.created_at_ns), index.epoch, index.settings_version, index.settings_turn,
          std::uint64_t{wish.options.apart}, std::uint64_t{wish.options.settings_distinct},
          std::uint64_t{wish.options.all_reachable}, std::uint64_t{wish.options.candidates}, wish.pin.value_or(0)}) {
        key.append(" ").append(std::to_string(part));
    }
    return key.append(" ").append(json::to_text(json::Value(protocol::to_json(wish.query))));
}

SearchFlights::SearchFlights(env::Env env, CoalescingOptions options, env::Metrics& metrics)
    : enabled_(options.enabled),
      flights_(env, options.flights),
      facet_flights_(env, options.flights),
      subscribers_(metrics.counter(kSubscribers)),
      hits_(metrics.counter(kHits)) {}

template <class Outcome>
bool SearchFlights::is_shared(const Outcome& flown) {
    subscribers_.add();
    if (!flown.value || !is_for_all(*flown.value)) return false;
    hits_.add();
    return true;
}

env::Task<SharedOutcome> SearchFlights::run(Desk& desk, SearchWish wish) {
    if (enabled_) {
        auto work = [&desk, &wish](env::Cancel cancel) { return fly(desk, std::move(wish), std::move(cancel)); };
        auto flown = co_await flights_.run(flight_key(wish), wish.call.cancel, std::move(work));
        if (!flown.joined || is_shared(flown)) co_return std::move(flown.value);
    }
    co_return std::make_shared<const Result<SearchOutcome>>(co_await run_search(desk, std::move(wish)));
}

env::Task<SharedFacets> SearchFlights::run_facets(std::string key, http::Call call, CountFacets work) {
    if (enabled_) {
        auto counting = [&work, &call](env::Cancel cancel) {
            http::Call own = call;
            own.cancel = std::move(cancel);
            return work(std::move(own));
        };
        auto flown = co_await facet_flights_.run(std::move(key), call.cancel, std::move(counting));
        if (!flown.joined || is_shared(flown)) co_return std::move(flown.value);
    }
    co_return std::make_shared<const Result<FacetAnswer>>(co_await work(std::move(call)));
}

env::Task<SharedOutcome> share_search(Desk& desk, SearchWish wish) {
    return desk.search_flights().run(desk, std::move(wish));
}

http::Reply copy_of(const http::Reply& refusal) {
    http::Reply reply;
    reply.status = refusal.status;
    reply.headers = refusal.headers;
    reply.body = refusal.body;
    return reply;
}

http::Reply refusal_of(const SearchOutcome& outcome) { return copy_of(*outcome.refusal); }

}  // namespace miroir::api
