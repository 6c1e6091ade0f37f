#include "api/session.h"

#include <algorithm>

#include "json/parse.h"

namespace miroir::api {
namespace {

using State = quorum::Office::SessionState;

constexpr std::string_view kSession = "X-Miroir-Session";
constexpr std::size_t kSessionMax = 128;
// An answer after the deadline helps nobody; one just before it can still be given.
std::chrono::nanoseconds patience(const Visit& visit) {
    const std::chrono::nanoseconds longest = visit.desk.options().sessions.max_wait;
    if (visit.in.call.deadline.at == env::Monotonic::max()) return longest;
    const std::chrono::nanoseconds left = visit.in.call.deadline.at - visit.desk.env().clock.now();
    return std::clamp<std::chrono::nanoseconds>(left, std::chrono::nanoseconds::zero(), longest);
}

}  // namespace

Result<std::string> session_of(const Visit& visit) {
    if (!visit.desk.options().sessions.enabled) return std::string();
    const std::string_view name = visit.in.headers.get(kSession);
    const bool plain = std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~'; });
    if (plain && name.size() <= kSessionMax) return std::string(name);
    return fail(ErrorCode::MiroirInvalidRequest, "The header `" + std::string(kSession) + "` must be at most " +
                                                     std::to_string(kSessionMax) +
                                                     " visible ASCII characters, as a UUID is.");
}

env::Task<Result<void>> honour_session(Visit& visit, const Route& route, std::string session) {
    if (session.empty() || !is_read(route)) co_return Result<void>{};
    std::vector<std::string> indexes;
    for (IndexUid& uid : indexes_read(visit, route)) indexes.push_back(std::move(uid.value));
    Desk& desk = visit.desk;
    const SessionOptions& options = desk.options().sessions;
    SessionCounts& counts = desk.session_counts();
    if (options.strategy == SessionOptions::Strategy::RoutePin) {
        const std::uint64_t seed = seed_of(session);
        const State state = co_await desk.ask(desk.office().look_at_session(std::move(session), std::move(indexes)));
        if (state == State::Free) co_return Result<void>{};
        visit.pin = seed;
        counts.enforced.add();
        co_return Result<void>{};
    }
    const env::Monotonic begun = desk.env().clock.now();
    if (visit.in.seat) visit.in.seat->leave();  // who waits for a node's indexing keeps nobody else waiting
    const State state =
        co_await desk.ask(desk.office().await_session(std::move(session), std::move(indexes), patience(visit)));
    if (visit.in.seat) co_await visit.in.seat->come_back(visit.in.call.cancel);
    if (state == State::Free) co_return Result<void>{};
    counts.enforced.add();
    const std::chrono::duration<double> waited = desk.env().clock.now() - begun;
    counts.waited.observe(waited.count());
    if (state != State::TimedOut) co_return Result<void>{};
    counts.timed_out.add();
    co_return fail(ErrorCode::MiroirTimeout,
                   "The last write of this session has not been applied in time. Try again, or read without the "
                   "session.");
}

env::Task<void> remember_write(Desk& desk, std::string session, const http::Reply& reply) {
    if (session.empty() || reply.status != 202) co_return;
    const auto summary = json::parse(reply.body);
    const json::Value* uid = summary ? summary->find("taskUid") : nullptr;
    if (uid == nullptr || !uid->is_unsigned()) co_return;
    co_await desk.ask(desk.office().note_session(std::move(session), uid->unsigned_integer()));
}

}  // namespace miroir::api
