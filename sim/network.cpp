// A call's way: begin → (delay) deliver → the server's handler → answer → (delay) arrive → finish. Each step asks
// anew whether the wire is open and the host alive, because both may have changed meanwhile. finish() happens once:
// by the reply, the deadline, the caller's cancel, or the death of either side.
#include "sim/network.h"

#include <utility>

#include "http/hang_up.h"

namespace miroir::sim {

struct Network::Call {
    std::uint64_t id = 0;
    Life* client = nullptr;
    std::string to;
    Presence only;                  // to nobody else; life 0: to whoever listens
    std::uint64_t server_life = 0;  // 0: not delivered
    http::Outgoing request;
    std::size_t body_limit = 0;
    env::Cancel server_cancel;
    env::TimerId deadline = 0;
    env::OneShot<Result<http::Reply>> result;
    bool done = false;
    bool never_arrives = false;  // no copy of it any more: the caller was told so

    explicit Call(Life& from) : client(&from), result(from) {}
};

struct Network::CancelCall {
    Network* network;
    CallPtr call;
    void operator()() const { network->finish(call, fail(ErrorCode::MiroirCanceled, "the call was cancelled")); }
};

env::Task<HostClient::Sent> HostClient::send_to(http::Address to, http::Outgoing request, http::SendOptions options,
                                                Presence only) {
    const Network::CallPtr call = network_.begin(life_, std::move(to), std::move(request), options);
    call->only = std::move(only);
    Network::CancelCall cancel{&network_, call};
    const env::Cancel::Hook hook(options.cancel, std::move(cancel));
    Result<http::Reply> reply = co_await call->result;
    co_return Sent{.reply = std::move(reply), .by = {.host = call->to, .life = call->server_life}};
}

// Who is there: asked once over each connection. A reply is to be the answer to the request itself.
env::Task<HostClient::Sent> HostClient::meet(http::Address to, http::Outgoing request, http::SendOptions options) {
    Sent out{.reply = fail(ErrorCode::MiroirNodeUnreachable, ""), .by = {}};
    if (introducer_ == nullptr || options.peer.empty()) co_return out;
    const auto key = std::pair(to.host, options.peer);
    const Presence present = network_.presence_at(to.host);
    if (const auto met = met_.find(key); met != met_.end() && met->second == present) {
        out.by = present;
        co_return out;
    }
    const std::optional<http::Introducer::Question> question = introducer_->question(options.peer);
    if (!question) co_return out;
    http::Outgoing ask;
    ask.target = question->target;
    ask.headers = request.headers;
    const Presence anybody;
    out = co_await send_to(std::move(to), std::move(ask), options, anybody);
    if (!out.reply) {
        const ErrorCode code = out.reply.error().code;
        const bool over = code == ErrorCode::MiroirCanceled || code == ErrorCode::MiroirTimeout;
        out.by.life = 0;
        if (!over) out.reply = fail(ErrorCode::MiroirNodeUnreachable, "nobody says who is there");
        out.failed = true;
        co_return out;
    }
    out.failed = http::turns_away(out.reply->status);
    if (out.failed) co_return out;
    out.failed = !question->is_meant(*out.reply);
    out.reply = fail(ErrorCode::MiroirNodeUnreachable, "another server than " + options.peer + " is there");
    if (!out.failed) met_[key] = out.by;
    co_return out;
}

env::Task<Result<http::Reply>> HostClient::send(http::Address to, http::Outgoing request, http::SendOptions options) {
    if (!life_.alive() || options.cancel.requested())
        co_return fail(ErrorCode::MiroirCanceled, "the call was cancelled");
    Sent met = co_await meet(to, request, options);
    if (met.failed) co_return std::move(met.reply);
    Sent sent = co_await send_to(std::move(to), std::move(request), std::move(options), std::move(met.by));
    co_return std::move(sent.reply);
}

Network::Network(World& world) : world_(world), random_(world.random().fork("network")) {}
Network::~Network() = default;

void Network::listen(Life& life, http::Handler& handler) {
    listening_[life.host()] = {&life, &handler};
    dark_.erase(life.host());
}

void Network::drop(Life& life, bool power_lost) {
    const auto at = listening_.find(life.host());
    if (at != listening_.end() && at->second.life == &life) listening_.erase(at);
    if (power_lost) dark_.insert(life.host());
    const std::map<std::uint64_t, CallPtr> before = calls_;
    for (const auto& [id, call] : before) {
        if (call->client == &life) {
            finish(call, fail(ErrorCode::MiroirCanceled, "the caller is dead"));
        } else if (call->to == life.host() && call->server_life == life.number() && !power_lost) {
            world_.in(delay(call->to),
                      [this, call] { finish(call, fail(ErrorCode::MiroirNodeBadReply, "the connection was closed")); });
        }
    }
}

void Network::block_both(const std::string& a, const std::string& b) {
    block(a, b);
    block(b, a);
}

void Network::rename(const std::string& host, const std::string& name) {
    names_[host].clear();
    names_[name] = host;
}

void Network::exchange_names(const std::string& one, const std::string& other) {
    const std::string first = host_called(one);
    names_[one] = host_called(other);
    names_[other] = first;
}

std::string Network::host_called(const std::string& name) const {
    const auto found = names_.find(name);
    return found == names_.end() ? name : found->second;
}

Presence Network::presence_at(const std::string& name) const {
    const std::string host = host_called(name);
    const auto found = listening_.find(host);
    return {.host = host, .life = found == listening_.end() ? 0 : found->second.life->number()};
}

void Network::heal() {
    blocked_.clear();
    slow_.clear();
    spoilt_.clear();
    clogged_.clear();
    bursts_.clear();
    options.loss_before = options.loss_after = options.duplicate = options.truncate = options.burst = 0;
    options.nonsense = 0;
}

// What no server of this kind says: never the answer with other values, which nobody could tell from a good one.
std::string Network::nonsense_of(const std::string& body) {
    constexpr std::string_view kSayings[] = {
        "", "null", "{}", "[]", "<html>502</html>", R"({"hits":null,"results":{}})"};
    const std::uint64_t drawn = env::draw_below(random_, 2 * std::size(kSayings));
    if (drawn < std::size(kSayings)) return std::string(kSayings[drawn]);
    std::string spoilt = body;
    if (!spoilt.empty()) spoilt[env::draw_below(random_, spoilt.size())] = '\x01';  // in JSON nowhere allowed
    return spoilt;
}

std::uint64_t Network::sent(const std::string& from, const std::string& to) const {
    const auto at = sent_.find({from, to});
    return at == sent_.end() ? 0 : at->second;
}

Network::CallPtr Network::begin(Life& from, http::Address to, http::Outgoing request,
                                const http::SendOptions& options) {
    auto call = std::make_shared<Call>(from);
    call->id = ++last_call_;
    call->to = host_called(to.host);
    call->request = std::move(request);
    call->body_limit = options.body_limit;
    calls_.emplace(call->id, call);
    ++sent_[{from.host(), call->to}];
    world_.mark(from.host());
    world_.mark(call->to);
    world_.mark(call->request.target);
    world_.mark(call->request.body);
    from.show_call(call->to, call->request.method + " " + call->request.target + " " +
                                 std::string(call->request.headers.get("TaskId")) + " " + call->request.body);
    if (options.deadline.at != env::Monotonic::max()) {
        call->deadline = world_.at(options.deadline.at,
                                   [this, call] { finish(call, fail(ErrorCode::MiroirTimeout, "no answer in time")); });
    }
    world_.in(delay(call->to), [this, call] { deliver(call); });
    if (env::chance(random_, this->options.duplicate)) {
        world_.in(delay(call->to) + delay(call->to), [this, call] { deliver(call); });
    }
    return call;
}

void Network::deliver(const CallPtr& call) {
    if (call->never_arrives || blocked_.contains({call->client->host(), call->to})) return;  // the caller waits
    if (env::chance(random_, options.loss_before)) return lose(call, ErrorCode::MiroirNodeUnreachable);
    const auto at = listening_.find(call->to);
    if (at == listening_.end()) {
        if (!dark_.contains(call->to)) tell_unreachable(call, "connection refused");
        return;
    }
    Life& server = *at->second.life;
    // The connection went with the life before; what was on it may have been read or not.
    if (call->only.life != 0 && call->only != Presence{.host = call->to, .life = server.number()})
        return finish(call, fail(ErrorCode::MiroirNodeBadReply, "the connection was closed"));
    const bool carried_out = std::exchange(call->server_life, server.number()) != 0;
    if (int status = 0; bursting(call->to, status) && !carried_out) {
        call->never_arrives = true;
        http::Reply refusal;
        refusal.status = status;
        refusal.body = R"({"message":"too busy","code":"too_many_search_requests","type":"system","link":""})";
        return answer(call, std::move(refusal));
    }
    env::spawn(server, serve(*this, call, *at->second.handler, server));
}

env::Task<void> Network::serve(Network& network, CallPtr call, http::Handler& handler, Life& server) {
    http::Request request;
    request.method = call->request.method;
    request.target = call->request.target;
    request.headers = call->request.headers;
    request.peer = call->client->host();
    if (!call->request.body.empty()) {
        request.content_length = call->request.body.size();
        request.body = http::body_of(call->request.body);
    }
    http::Call context;
    context.cancel = call->server_cancel;
    context.request_id = std::to_string(call->id);
    http::Reply reply = co_await handler.handle(std::move(request), std::move(context));
    if (reply.stream) {
        Result<std::string> whole = co_await http::read_all(*reply.stream, call->body_limit);
        reply.stream.reset();
        reply.body = whole ? *std::move(whole) : std::string();
    }
    if (server.alive()) network.answer(call, std::move(reply));
}

void Network::answer(const CallPtr& call, http::Reply reply) {
    world_.mark(static_cast<std::uint64_t>(reply.status));
    world_.mark(reply.body);
    if (http::is_hang_up(reply) || env::chance(random_, options.loss_after))
        return lose(call, ErrorCode::MiroirNodeBadReply);
    if (!reply.body.empty() && env::chance(random_, options.truncate)) {
        if (env::chance(random_, options.reset_share)) {
            finish(call, fail(ErrorCode::MiroirNodeBadReply, "the connection was closed in the middle of the reply"));
            return;
        }
        reply.body.resize(env::draw_below(random_, reply.body.size()));
    }
    if (spoilt_.contains(call->to)) reply.body = nonsense_of(reply.body);
    if (options.nonsense > 0 && env::chance(random_, options.nonsense)) reply.body = nonsense_of(reply.body);
    world_.in(delay(call->to), [this, call, reply = std::move(reply)]() mutable { arrive(call, std::move(reply)); });
}

void Network::arrive(const CallPtr& call, http::Reply reply) {
    if (blocked_.contains({call->to, call->client->host()})) return;
    if (reply.body.size() > call->body_limit) {
        return finish(call, fail(ErrorCode::MiroirNodeBadReply, "the reply is larger than allowed"));
    }
    finish(call, std::move(reply));
}

void Network::finish(const CallPtr& call, Result<http::Reply> result) {
    if (std::exchange(call->done, true)) return;
    calls_.erase(call->id);
    world_.cancel(call->deadline);
    world_.mark(result ? static_cast<std::uint64_t>(result->status) : static_cast<std::uint64_t>(result.error().code));
    const bool gone = !result.has_value();
    call->result.set(std::move(result));
    if (!gone || call->server_life == 0) return;
    world_.in(delay(call->to), [cancel = call->server_cancel]() mutable {  // the server sees the connection close
        if (!cancel.requested()) cancel.request();
    });
}

void Network::lose(const CallPtr& call, ErrorCode told_as) {
    if (!env::chance(random_, options.reset_share)) return;
    if (told_as == ErrorCode::MiroirNodeUnreachable) tell_unreachable(call, "the connection was reset");
    else finish(call, fail(told_as, "the connection was reset"));
}

// Unreachable is a promise: no copy of the request arrives, earlier or later.
void Network::tell_unreachable(const CallPtr& call, std::string why) {
    if (call->server_life != 0) return;  // a copy has arrived: that one answers
    call->never_arrives = true;
    finish(call, fail(ErrorCode::MiroirNodeUnreachable, std::move(why)));
}

bool Network::bursting(const std::string& host, int& status) {
    auto& [until, with] = bursts_[host];
    if (world_.now() >= until && env::chance(random_, options.burst)) {
        until = world_.now() + options.burst_length;
        with = options.burst_statuses[env::draw_below(random_, options.burst_statuses.size())];
    }
    status = with;
    return world_.now() < until;
}

std::chrono::nanoseconds Network::delay(const std::string& host) {
    std::chrono::nanoseconds out = options.delay_floor;
    const double unit = env::draw_unit(random_);
    double share = 1;
    if (options.delay_shape == DelayShape::Uniform) share = 2 * unit;
    if (options.delay_shape == DelayShape::HeavyTail) share = std::min(50.0, unit / (1.0 - unit));
    out += std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(options.delay_mean.count()) * share));
    if (const auto slow = slow_.find(host); slow != slow_.end()) out += slow->second / 2;  // on either way
    if (const auto clog = clogged_.find(host); clog != clogged_.end() && clog->second > world_.now())
        out += clog->second - world_.now();
    return out;
}

}  // namespace miroir::sim
