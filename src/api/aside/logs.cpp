// The log of this process: one client may listen to it, and its level can be changed while it runs.
#include "api/routes.h"
#include "env/log_switch.h"
#include "protocol/instance/requests.h"

namespace miroir::api {
namespace {

using Reply = env::Task<Result<http::Reply>>;

constexpr std::string_view kLogs = "Modifying logs through the `/logs/*` routes";

// What the listener is sent, until he goes away or somebody ends it.
class Listening final : public http::BodySource {
public:
    Listening(env::Env env, env::LogSwitch& log, std::shared_ptr<env::LogTap> tap, env::Cancel cancel)
        : env_(env), log_(log), tap_(std::move(tap)), cancel_(std::move(cancel)) {}
    ~Listening() override { log_.end_listening(tap_.get()); }

    env::Task<Result<std::string>> next() override {
        for (;;) {
            if (cancel_.requested()) co_return fail(ErrorCode::MiroirCanceled, "nobody listens");
            env::LogTap::Taken taken = tap_->take();
            if (taken.dropped > 0) {
                env_.log.warn("logs", "a listener was too slow", {{"lines_dropped", taken.dropped}});
            }
            if (!taken.lines.empty()) co_return std::move(taken.lines);
            if (taken.closed) co_return std::string();
            co_await news();
        }
    }

private:
    // Lines are written on all threads; the waiting one is woken on its own.
    env::Task<void> news() {
        const env::OneShot<bool> come(env_.executor);
        env::Executor* const here = &env_.executor;
        tap_->on_news([here, come] { here->post([come] { come.set(true); }); });
        const env::Cancel::Hook gone(cancel_, [come] { come.set(false); });
        co_await come;
    }

    env::Env env_;
    env::LogSwitch& log_;
    std::shared_ptr<env::LogTap> tap_;
    env::Cancel cancel_;
};

// The target was checked when it was read.
env::LogTargets targets_of(const protocol::LogWish& wish) {
    return env::LogTargets::parse(wish.target).value_or(env::LogTargets());
}

Reply stream_logs(Visit visit) {
    MIROIR_CO_TRY(const protocol::LogWish wish, protocol::parse_log_stream(visit.body));
    MIROIR_CO_CHECK(visit.desk.require(protocol::Feature::LogsRoute, kLogs));
    if (wish.mode == protocol::LogMode::Profile)
        co_return fail(ErrorCode::BadRequest, "Miroir makes no profile of itself. Use the mode `human` or `json`.");
    env::LogSwitch* const log = visit.desk.options().log_switch;
    if (log == nullptr) co_return fail(ErrorCode::MiroirNotReady, "There is no log to listen to here.");
    const auto form = wish.mode == protocol::LogMode::Json ? env::LogTap::Form::Json : env::LogTap::Form::Human;
    std::shared_ptr<env::LogTap> tap = log->listen(targets_of(wish), form);
    if (!tap) co_return fail(ErrorCode::BadRequest, "The `/logs/stream` route is currently in use by someone else.");
    http::Reply reply;
    reply.headers.add("content-type", "application/octet-stream");
    reply.headers.add("x-accel-buffering", "no");
    reply.headers.add("content-encoding", "identity");
    reply.stream = std::make_unique<Listening>(visit.desk.env(), *log, std::move(tap), visit.in.call.cancel);
    co_return reply;
}

Reply stop_logs(Visit visit) {
    MIROIR_CO_CHECK(visit.desk.require(protocol::Feature::LogsRoute, kLogs));
    if (env::LogSwitch* const log = visit.desk.options().log_switch) log->end_listening();
    co_return server::empty_reply(204);
}

Reply set_log_level(Visit visit) {
    MIROIR_CO_TRY(const protocol::LogWish wish, protocol::parse_log_level(visit.body));
    MIROIR_CO_CHECK(visit.desk.require(protocol::Feature::LogsRoute, kLogs));
    if (env::LogSwitch* const log = visit.desk.options().log_switch) log->print_only(targets_of(wish));
    co_return server::empty_reply(204);
}

constexpr Route kRoutes[] = {
    {"POST", "/logs/stream", "metrics.get", BodyKind::Json, stream_logs},
    {"DELETE", "/logs/stream", "metrics.get", BodyKind::None, stop_logs},
    {"POST", "/logs/stderr", "metrics.get", BodyKind::Json, set_log_level},
};

}  // namespace

std::span<const Route> log_routes() { return kRoutes; }

}  // namespace miroir::api
