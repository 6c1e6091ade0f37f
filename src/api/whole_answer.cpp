#include "api/whole_answer.h"

#include <algorithm>

namespace miroir::api {
namespace {

using Seen = quorum::Shifting::Seen;

constexpr std::chrono::seconds kPatience{2};
constexpr int kReadAgainMax = 3;

// The same read once more: its body has been taken in already.
Visit again(const Visit& visit) {
    const server::Incoming& in = visit.in;
    server::Incoming copy{.method = in.method,
                          .path = in.path,
                          .raw_query = in.raw_query,
                          .route = in.route,
                          .params = in.params,
                          .headers = in.headers,
                          .body = nullptr,
                          .content_length = in.content_length,
                          .peer = in.peer,
                          .call = in.call,
                          .seat = in.seat};
    return {.desk = visit.desk,
            .in = std::move(copy),
            .grant = visit.grant,
            .body = visit.body,
            .raw_body = visit.raw_body,
            .begun = visit.begun,
            .pin = visit.pin};
}

// Nodes are in the midst of it: until they have ended, or nobody could wait any longer.
env::Task<Seen> wait_for(Visit& visit, std::vector<std::uint64_t> tasks) {
    Desk& desk = visit.desk;
    const env::Monotonic now = desk.env().clock.now();
    std::chrono::nanoseconds longest = kPatience;
    if (visit.in.call.deadline.at != env::Monotonic::max())
        longest = std::clamp<std::chrono::nanoseconds>(visit.in.call.deadline.at - now,
                                                       std::chrono::nanoseconds::zero(), longest);
    if (visit.in.seat) visit.in.seat->leave();
    const Seen found = co_await desk.ask(desk.office().shifting().await(std::move(tasks), longest));
    if (visit.in.seat) co_await visit.in.seat->come_back(visit.in.call.cancel);
    co_return found;
}

}  // namespace

env::Task<Result<http::Reply>> answer_whole(const Route& route, Visit visit) {
    if (!is_read(route)) co_return co_await route.answer(std::move(visit));
    Desk& desk = visit.desk;
    for (int turn = 0;; ++turn) {
        quorum::ShiftsPtr shifts = desk.shifts();  // held until the answer is there
        std::vector<std::uint64_t> met;
        if (!shifts->under_way.empty()) met = shifts->of(indexes_read(visit, route));
        if (met.empty()) co_return co_await route.answer(std::move(visit));
        Result<http::Reply> reply = co_await route.answer(again(visit));
        shifts.reset();
        Seen found = co_await desk.ask(desk.office().shifting().look_at(met));
        if (found == Seen::Before) co_return reply;
        if (found == Seen::Between) found = co_await wait_for(visit, met);
        if (found == Seen::Over && turn < kReadAgainMax) continue;
        if (reply) reply->headers.add("X-Miroir-Exact", "false; nodes are in the midst of swapping the index");
        co_return reply;
    }
}

}  // namespace miroir::api
