#include "http/wire/client.h"

#include <netinet/in.h>

#include <optional>

#include "http/wire/exchange.h"
#include "http/wire/pool.h"
#include "http/wire/reply_stream.h"
#include "http/wire/resolve.h"
#include "http/wire/tls.h"

namespace miroir::wire {

struct Client::Core {
    using Tls = Result<std::shared_ptr<const TlsContext>>;

    env::Reactor& reactor;
    ClientOptions options;
    std::shared_ptr<Pool> pool;
    std::optional<Tls> tls_made;
    const http::Introducer* introducer = nullptr;

    // Made when first needed: reading the system's authorities takes longer than the whole start otherwise does.
    const Tls& tls() {
        if (!tls_made) tls_made = make_client_tls(options.tls);
        return *tls_made;
    }
};

namespace {

using StreamOrError = Result<std::shared_ptr<Stream>>;

http::AddressBytes address_bytes(const sockaddr_storage& address) {
    if (address.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
        return {reinterpret_cast<const std::uint8_t*>(&v4.sin_addr), sizeof v4.sin_addr};
    }
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    return {reinterpret_cast<const std::uint8_t*>(&v6.sin6_addr), sizeof v6.sin6_addr};
}

// Opens a connection within the connect timeout; nothing is sent yet.
env::Task<StreamOrError> connect(std::shared_ptr<Client::Core> core, http::Address to, http::SendOptions options) {
    if (to.tls && !core->tls()) co_return fail(core->tls().error());
    const env::Deadline limit =
        options.deadline.sooner(env::Deadline::after(core->reactor, core->options.connect_timeout));
    auto stream = std::make_shared<Stream>(core->reactor, to.tls ? *core->tls() : nullptr);
    stream->expire_at(limit.at);
    const env::Cancel::Hook hook(options.cancel, [stream] { stream->close(Outcome::Canceled); });
    std::vector<sockaddr_storage> addresses =
        co_await resolve(core->reactor, to.host, to.port, limit.at, options.cancel);
    const bool named = !addresses.empty();
    if (core->options.networks)
        std::erase_if(addresses, [&](const sockaddr_storage& address) {
            return !core->options.networks->allows(address_bytes(address));
        });
    if (named && addresses.empty()) co_return fail(trouble(ErrorCode::MiroirInvalidRequest, to, "Rejected IP"));
    Outcome outcome = Outcome::Failed;
    if (named && stream->is_open()) outcome = co_await stream->connect(std::move(addresses));
    if (outcome == Outcome::Ok) outcome = co_await stream->greet_server(to.host);
    if (outcome == Outcome::Ok) co_return stream;

    std::string why = named ? stream->error_text() : "the name has no address";
    stream->close();
    if (options.cancel.requested()) co_return fail(trouble(ErrorCode::MiroirCanceled, to, "canceled"));
    if (options.deadline.expired(core->reactor))
        co_return fail(trouble(ErrorCode::MiroirTimeout, to, "no connection in time"));
    if (limit.expired(core->reactor)) why = "no connection within the connect timeout";
    co_return fail(trouble(ErrorCode::MiroirNodeUnreachable, to, "cannot connect: " + why));
}

Error failure_of(const Exchanged& exchanged, const http::Address& to) {
    switch (exchanged.outcome) {
        case Outcome::TimedOut: return trouble(ErrorCode::MiroirTimeout, to, "no reply in time");
        case Outcome::Canceled: return trouble(ErrorCode::MiroirCanceled, to, "canceled");
        default: break;
    }
    const bool nothing_sent = exchanged.bytes_sent == 0 && !exchanged.heard;
    const ErrorCode code = nothing_sent ? ErrorCode::MiroirNodeUnreachable : ErrorCode::MiroirNodeBadReply;
    return trouble(code, to, exchanged.reply.error().message);
}

bool broke(const Exchanged& exchanged) {
    return exchanged.outcome == Outcome::End || exchanged.outcome == Outcome::Failed;
}

bool is_stranger(const Client::Core& core, const Stream& stream, const std::string& peer) {
    return core.introducer != nullptr && !peer.empty() && stream.met() != peer;
}

// Asks the other side who it is. Ok with a reply: that is to be the answer to the request itself. Ok without one: it
// is who is meant, or may be; the request may follow on this connection if that is reusable.
env::Task<Exchanged> meet(std::shared_ptr<Client::Core> core, std::shared_ptr<Stream> stream, http::Address to,
                          std::string authorization, std::string peer) {
    constexpr std::size_t kAnswerLimit = 16 << 20;
    Exchanged met{.outcome = Outcome::Ok, .reply = fail(ErrorCode::MiroirNodeUnreachable, ""), .reusable = true};
    const std::optional<http::Introducer::Question> question = core->introducer->question(peer);
    if (!question) co_return met;
    http::Outgoing request;
    request.target = question->target;
    if (!authorization.empty()) request.headers.add("Authorization", std::move(authorization));
    const Result<std::string> head = request_head(to, request);
    if (!head) co_return met;
    const ReplyBounds bounds{.header_bytes = core->options.header_bytes, .body_bytes = kAnswerLimit};
    const std::string_view no_body;
    met = co_await exchange(stream, *head, no_body, false, bounds);
    const bool whole = met.outcome == Outcome::Ok && met.reply;
    if (whole && http::turns_away(met.reply->status)) co_return met;
    if (whole && question->is_meant(*met.reply)) stream->has_met(peer);
    else if (met.outcome == Outcome::Ok) met.outcome = Outcome::Failed;
    if (whole) met.reply = fail(ErrorCode::MiroirNodeUnreachable, "another server than " + peer + " is there");
    co_return met;
}

env::Task<Result<http::Reply>> send_on(std::shared_ptr<Client::Core> core, http::Address to, http::Outgoing request,
                                       http::SendOptions options) {
    const Result<std::string> head = request_head(to, request);
    if (!head) co_return fail(head.error());
    if (options.cancel.requested()) co_return fail(trouble(ErrorCode::MiroirCanceled, to, "canceled"));
    if (options.deadline.expired(core->reactor))
        co_return fail(trouble(ErrorCode::MiroirTimeout, to, "the time was over before it began"));
    const ReplyBounds bounds{.header_bytes = core->options.header_bytes, .body_bytes = options.body_limit};

    std::shared_ptr<Stream> stream = core->pool->take(to);
    bool met_before = false;  // over a connection that the other side ends with each answer
    for (bool pooled = stream != nullptr;; pooled = false) {
        if (!stream) {
            StreamOrError fresh = co_await connect(core, to, options);
            if (!fresh) co_return fail(std::move(fresh).error());
            stream = *std::move(fresh);
        }
        stream->expire_at(options.deadline.at);
        Exchanged exchanged;
        bool asked = met_before || !is_stranger(*core, *stream, options.peer);
        {
            const env::Cancel::Hook hook(options.cancel, [stream] { stream->close(Outcome::Canceled); });
            if (!asked) {
                std::string authorization(request.headers.get("authorization"));
                exchanged = co_await meet(core, stream, to, std::move(authorization), options.peer);
                const bool met = exchanged.outcome == Outcome::Ok && !exchanged.reply;
                asked = met && exchanged.reusable;
                met_before = met && !asked;
            }
            if (asked) exchanged = co_await exchange(stream, *head, request.body, request.method == "HEAD", bounds);
        }
        if (exchanged.outcome == Outcome::Ok && exchanged.reply) {
            if (exchanged.reusable) core->pool->put(to, std::move(stream));
            else stream->close();
            co_return std::move(exchanged.reply);
        }
        stream->close();
        stream.reset();
        if (met_before && !asked) continue;
        // A connection that had been left waiting may die as we write to it: then nobody has seen the request.
        const bool again = pooled && broke(exchanged) && !exchanged.heard &&
                           (exchanged.bytes_sent == 0 || options.repeatable || !asked);
        if (again) continue;
        if (!asked && broke(exchanged))
            co_return fail(trouble(ErrorCode::MiroirNodeUnreachable, to, exchanged.reply.error().message));
        co_return fail(failure_of(exchanged, to));
    }
}

env::Task<Result<http::Reply>> open_on(std::shared_ptr<Client::Core> core, http::Address to, http::Outgoing request,
                                       http::SendOptions options, std::chrono::nanoseconds patience) {
    Result<std::string> head = request_head(to, request);
    if (!head) co_return fail(std::move(head).error());
    if (options.cancel.requested()) co_return fail(trouble(ErrorCode::MiroirCanceled, to, "canceled"));
    StreamOrError stream = co_await connect(core, to, options);
    if (!stream) co_return fail(std::move(stream).error());
    Opening opening{.reactor = core->reactor,
                    .stream = *std::move(stream),
                    .to = std::move(to),
                    .head = *std::move(head),
                    .body = std::move(request.body),
                    .bounds = {.header_bytes = core->options.header_bytes, .body_bytes = options.body_limit},
                    .options = std::move(options),
                    .patience = patience};
    co_return co_await open_reply(std::move(opening));
}

}  // namespace

Client::Client(env::Reactor& reactor, ClientOptions options) {
    const Pool::Bounds bounds{
        .per_address = options.idle_per_address, .total = options.idle_total, .idle_timeout = options.idle_timeout};
    auto pool = std::make_shared<Pool>(reactor, bounds);
    core_ = std::make_shared<Core>(Core{.reactor = reactor, .options = std::move(options), .pool = std::move(pool)});
}

Client::~Client() { core_->pool->close_all(); }

Result<void> Client::tls_ready() const {
    const Core::Tls& tls = core_->tls();
    if (!tls) return fail(tls.error());
    return {};
}

void Client::introduce_by(const http::Introducer& introducer) { core_->introducer = &introducer; }

env::Task<Result<http::Reply>> Client::send(http::Address to, http::Outgoing request, http::SendOptions options) {
    return send_on(core_, std::move(to), std::move(request), std::move(options));
}

env::Task<Result<http::Reply>> Client::open(http::Address to, http::Outgoing request, http::SendOptions options,
                                            std::chrono::nanoseconds patience) {
    return open_on(core_, std::move(to), std::move(request), std::move(options), patience);
}

std::size_t Client::idle_connections() const { return core_->pool->size(); }

}  // namespace miroir::wire
