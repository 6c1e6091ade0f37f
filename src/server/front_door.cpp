#include "server/front_door.h"

#include <fmt/format.h>
#include <algorithm>
#include <exception>

#include "env/log.h"
#include "server/edge.h"
#include "server/encoding.h"
#include "server/replies.h"
#include "server/tally.h"

namespace miroir::server {
namespace {

constexpr std::string_view kLogTarget = "front_door";
constexpr std::string_view kNoRoute = "none";
// An endpoint that keeps its deadline knows better what to say: it gets this long beyond it.
constexpr std::chrono::milliseconds kGrace{100};

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }
std::string_view query_of(std::string_view target) {
    return target.substr(std::min(target.size(), path_of(target).size() + 1));
}

// The engine's compression leaves pictures and films alone, but not drawings.
bool compressible(const http::Reply& reply) {
    if (reply.status == 204 || reply.status == 206 || reply.status < 200) return false;
    if (reply.headers.has("content-encoding")) return false;
    const std::string_view type = reply.headers.get("content-type");
    if (type.starts_with("image/")) return type.starts_with("image/svg");
    return !type.starts_with("video/");
}

std::string drawn_id(env::Random& random) {
    std::string out(8, '0');
    std::uint64_t draw = random.next() >> 32;
    for (auto digit = out.rbegin(); digit != out.rend(); ++digit, draw >>= 4) *digit = "0123456789abcdef"[draw & 15];
    return out;
}

using Piece = Result<std::string>;

env::Task<void> fetch(std::shared_ptr<http::BodySource> body, env::OneShot<Piece> piece) {
    Piece next = fail(ErrorCode::Internal, "The body of the request could not be read.");
    try {
        next = co_await body->next();
    } catch (const std::exception& error) {
        next = fail(ErrorCode::Internal, error.what());
    }
    piece.set(std::move(next));
}

// A body that leaves the request's place to others while it is still on its way: whoever sends slowly, many times over,
// would keep all places otherwise. What has arrived already is taken without leaving.
class SeatedBody final : public http::BodySource {
public:
    SeatedBody(env::Executor& executor, std::unique_ptr<http::BodySource> body, std::shared_ptr<Admission::Seat> seat,
               env::Cancel cancel)
        : executor_(executor), body_(std::move(body)), seat_(std::move(seat)), cancel_(std::move(cancel)) {}
    env::Task<Piece> next() override {
        const env::OneShot<Piece> coming(executor_);
        env::detail::run_detached(fetch(body_, coming));
        if (!coming.is_set()) seat_->leave();
        Piece piece = co_await coming;
        if (!piece || piece->empty()) co_await seat_->come_back(cancel_);
        co_return piece;
    }

private:
    env::Executor& executor_;
    std::shared_ptr<http::BodySource> body_;
    std::shared_ptr<Admission::Seat> seat_;
    env::Cancel cancel_;
};

// While an endpoint runs it is counted and has its place, whatever it does with the request.
class Running {
public:
    Running(std::size_t& count, std::shared_ptr<Admission::Seat> seat) : count_(count), seat_(std::move(seat)) {
        ++count_;
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() {
        --count_;
        if (seat_) seat_->leave();
    }

private:
    std::size_t& count_;
    std::shared_ptr<Admission::Seat> seat_;
};

// Ends of a race between an endpoint and its deadline; nobody waits for the loser.
env::Task<void> race(env::Task<http::Reply> endpoint, env::OneShot<http::Reply> finish) {
    http::Reply reply = co_await endpoint;
    finish.set(std::move(reply));
}

// A reply that is still being produced hears as long as it lasts that the client has gone away.
class LinkedSource final : public http::BodySource {
public:
    LinkedSource(std::unique_ptr<http::BodySource> body, env::Cancel::Hook hook)
        : hook_(std::move(hook)), body_(std::move(body)) {}
    env::Task<Piece> next() override { return body_->next(); }

private:
    env::Cancel::Hook hook_;
    std::unique_ptr<http::BodySource> body_;
};

http::Reply linked(http::Reply reply, env::Cancel::Hook hook) {
    if (reply.stream) reply.stream = std::make_unique<LinkedSource>(std::move(reply.stream), std::move(hook));
    return reply;
}

}  // namespace

struct FrontDoor::Visit {
    env::Monotonic begun;
    std::string request_id;
    std::string method;
    std::string_view route = kNoRoute;
    bool has_origin = false;
    bool bare = false;  // neither CORS nor compression
    Encoding encoding = Encoding::Identity;
};

FrontDoor::FrontDoor(env::Env env, const Router& router, FrontDoorOptions options)
    : env_(env),
      router_(router),
      options_(std::move(options)),
      admission_(env, options_.in_flight_max, options_.queue_max),
      tally_(std::make_unique<Tally>(options_.metrics ? *options_.metrics : env::no_metrics())) {}

FrontDoor::~FrontDoor() = default;

env::Task<http::Reply> FrontDoor::handle(http::Request request, http::Call call) {
    Visit visit;
    visit.begun = env_.clock.now();
    visit.method = request.method;
    visit.has_origin = request.headers.has("origin");
    if (options_.edge) call.request_id = sound_request_id(request.headers).value_or("");
    if (call.request_id.empty()) call.request_id = drawn_id(env_.random);
    visit.request_id = call.request_id;
    tally_->began();
    http::Reply reply = co_await answer(std::move(request), std::move(call), visit);
    finish(reply, visit);
    co_return reply;
}

env::Task<http::Reply> FrontDoor::answer(http::Request request, http::Call call, Visit& visit) {
    const std::optional<Encoding> encoding = negotiate(request.headers.get("accept-encoding"));
    if (!encoding) {
        visit.bare = true;
        http::Reply refusal = empty_reply(406);
        refusal.headers.add("vary", "Accept-Encoding");
        refusal.body = "br, gzip, deflate";
        co_return refusal;
    }
    visit.encoding = *encoding;
    if (std::optional<http::Reply> preflight = preflight_reply(request)) {
        visit.bare = true;
        co_return std::move(*preflight);
    }
    Router::Match match = router_.find(request.method, path_of(request.target));
    if (match.route.empty()) co_return empty_reply(404);
    visit.route = match.route;
    if (match.endpoint == nullptr) {
        http::Reply refusal = empty_reply(405);
        refusal.headers.add("allow", std::string(match.allow));
        co_return refusal;
    }
    const Endpoint& endpoint = *match.endpoint;
    call.deadline = deadline_of(request, call.deadline);
    Incoming in = incoming(std::move(request), std::move(call), std::move(match));
    co_return co_await admit(endpoint, std::move(in), visit);
}

env::Deadline FrontDoor::deadline_of(const http::Request& request, env::Deadline asked) const {
    std::chrono::nanoseconds limit = options_.time_limit;
    if (request.body != nullptr) {
        const std::uint64_t size = std::min<std::uint64_t>(request.content_length.value_or(options_.inflated_body_max),
                                                           options_.inflated_body_max);
        limit += std::chrono::seconds(size / options_.body_bytes_per_second_min);
    }
    return env::Deadline::after(env_.clock, limit).sooner(asked);
}

Incoming FrontDoor::incoming(http::Request request, http::Call call, Router::Match match) const {
    Incoming in;
    in.method = std::move(request.method);
    in.path = path_of(request.target);
    in.raw_query = query_of(request.target);
    in.route = match.route;
    in.params = std::move(match.params);
    in.headers = std::move(request.headers);
    in.body = request.body ? std::move(request.body) : http::body_of({});
    in.content_length = request.content_length;
    in.peer = std::move(request.peer);
    in.call = std::move(call);
    if (options_.edge) strip_internal(in.headers);
    return in;
}

env::Task<http::Reply> FrontDoor::admit(const Endpoint& endpoint, Incoming in, Visit& visit) {
    const bool always = std::ranges::find(options_.always_admitted, visit.route) != options_.always_admitted.end();
    if (always) co_return co_await run(endpoint, std::move(in));

    Admission::Entry queued = co_await admission_.enter(options_.queue_wait, in.call.cancel);
    if (queued.verdict != Admission::Verdict::Admitted) co_return busy(queued.verdict);

    // The endpoint may not end in time, or never: it goes on by itself, cancelled, and its reply is dropped.
    const env::Deadline deadline = in.call.deadline;
    const env::Cancel cancel;
    env::Cancel::Hook hook(in.call.cancel, [cancel] { env::Cancel(cancel).request(); });
    in.call.cancel = cancel;
    in.seat = std::make_shared<Admission::Seat>(env_, std::move(queued.pass));
    in.body = std::make_unique<SeatedBody>(env_.executor, std::move(in.body), in.seat, cancel);
    const env::OneShot<http::Reply> finish(env_.executor);
    env::detail::run_detached(race(run(endpoint, std::move(in)), finish));
    if (finish.is_set()) co_return linked(co_await finish, std::move(hook));
    env::TimerId timer = 0;
    if (deadline.at != env::Monotonic::max()) {
        timer = env_.executor.at(deadline.at + kGrace, [finish, cancel] {
            const Error late{.code = ErrorCode::MiroirTimeout, .message = "The request was not answered in time."};
            finish.set(error_reply(late));
            env::Cancel(cancel).request();
        });
    }
    http::Reply reply = co_await finish;
    env_.executor.cancel(timer);
    co_return linked(std::move(reply), std::move(hook));
}

env::Task<http::Reply> FrontDoor::run(const Endpoint& endpoint, Incoming in) {
    if (const std::optional<Encoding> encoding = encoding_of(in.headers.get("content-encoding"))) {
        in.body = decompressed(*encoding, std::move(in.body), options_.inflated_body_max);
    }
    const Running running(in_flight_, in.seat);
    const std::string request_id = in.call.request_id;
    const std::string_view route = in.route;
    std::string what;
    try {
        co_return co_await endpoint(std::move(in));
    } catch (const std::exception& error) {
        what = error.what();
    } catch (...) {
        what = "something that is no std::exception";
    }
    env_.log.error(kLogTarget, "an endpoint threw", {{"request_id", request_id}, {"route", route}, {"what", what}});
    const Error internal{.code = ErrorCode::Internal,
                         .message = fmt::format("Internal error, see the log (request {}).", request_id)};
    co_return error_reply(internal);
}

http::Reply FrontDoor::busy(Admission::Verdict verdict) const {
    Error error{.code = ErrorCode::MiroirTooManyRequests, .message = "Too many requests are waiting. Try again later."};
    if (verdict == Admission::Verdict::WaitedTooLong) {
        error = {.code = ErrorCode::MiroirTooManyRequests,
                 .message = "Too many requests are running, this one waited too long. Try again later.",
                 .status = 503};
    }
    if (verdict == Admission::Verdict::Closed) {
        error = {.code = ErrorCode::MiroirNotReady, .message = "This server is shutting down."};
    }
    http::Reply reply = error_reply(error);
    reply.headers.set("retry-after", std::to_string(options_.retry_after.count()));
    return reply;
}

void FrontDoor::finish(http::Reply& reply, const Visit& visit) {
    if (!visit.bare) {
        add_cors(reply.headers, visit.has_origin);
        const bool long_enough =
            reply.stream != nullptr || reply.body.size() >= std::max<std::size_t>(options_.compress_min, 1);
        if (visit.encoding != Encoding::Identity && long_enough && compressible(reply)) {
            reply.headers.set("content-encoding", std::string(encoding_name(visit.encoding)));
            reply.headers.add("vary", "accept-encoding");
            if (reply.stream) reply.stream = compressed(visit.encoding, std::move(reply.stream));
            else reply.body = compress(visit.encoding, reply.body);
        }
    }
    if (options_.edge) reply.headers.set("x-request-id", visit.request_id);

    const std::chrono::duration<double> took = env_.clock.now() - visit.begun;
    tally_->ended(visit.method, visit.route, reply.status, took.count());
    if (!options_.access_log) return;
    env_.log.info(kLogTarget, "request",
                  {{"method", visit.method},
                   {"route", visit.route},
                   {"status", reply.status},
                   {"duration_ms", took.count() * 1000},
                   {"request_id", visit.request_id}});
}

}  // namespace miroir::server
