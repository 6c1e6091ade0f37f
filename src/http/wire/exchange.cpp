#include "http/wire/exchange.h"

#include <algorithm>
#include <array>

#include "http/wire/chunked.h"
#include "http/wire/head.h"

namespace miroir::wire {
namespace {

std::unexpected<Error> bad_reply(std::string message) {
    return fail(ErrorCode::MiroirNodeBadReply, std::move(message));
}

bool is_ours(std::string_view name) {
    static constexpr std::array<std::string_view, 9> kOurs = {
        "host", "content-length", "connection", "transfer-encoding", "keep-alive", "accept-encoding", "expect",
        "te",   "upgrade"};
    return std::ranges::any_of(kOurs, [&](std::string_view one) { return http::same_name(one, name); });
}

bool is_target(std::string_view target) {
    return target.starts_with('/') && std::ranges::none_of(target, [](char c) {
               return static_cast<unsigned char>(c) <= ' ' || c == 0x7F || c == '#';
           });
}

// Reads one reply. Each step reads from the stream until it has what it needs.
class Reading {
public:
    Reading(Stream& stream, bool head_only, ReplyBounds bounds)
        : stream_(stream), head_only_(head_only), bounds_(bounds) {}

    env::Task<Result<http::Reply>> run();
    bool heard() const { return heard_; }
    bool whole() const { return whole_; }
    Outcome outcome() const { return outcome_; }

private:
    env::Task<Result<ReplyHead>> read_head();
    env::Task<Result<std::string>> read_body(Framing framing);
    Result<bool> take(const Framing& framing, std::string& body);
    env::Task<bool> more(std::size_t room);

    Stream& stream_;
    bool head_only_;
    ReplyBounds bounds_;
    ChunkedReader chunks_;
    Outcome outcome_ = Outcome::Ok;
    bool heard_ = false;
    bool whole_ = false;
};

env::Task<bool> Reading::more(std::size_t room) {
    outcome_ = co_await stream_.read(room);
    heard_ = heard_ || !stream_.ready().empty();
    co_return outcome_ == Outcome::Ok;
}

env::Task<Result<ReplyHead>> Reading::read_head() {
    constexpr int kMaxInterim = 8;
    for (int i = 0; i < kMaxInterim; ++i) {
        std::size_t seen = 0;
        std::size_t end = find_head_end(stream_.ready());
        while (end == std::string_view::npos) {
            seen = stream_.ready().size();
            if (seen > bounds_.header_bytes) co_return bad_reply("the head of the reply is too large");
            if (!co_await more(std::max(Stream::kReplyRoom, seen)))
                co_return bad_reply("the reply ended before its head was whole");
            end = find_head_end(stream_.ready(), seen);
        }
        if (end > bounds_.header_bytes) co_return bad_reply("the head of the reply is too large");
        Result<ReplyHead> head = parse_reply_head(stream_.ready().substr(0, end));
        stream_.consume(end);
        if (!head || head->status >= 200) co_return head;
        if (head->status == 101) co_return bad_reply("the reply changes the protocol");
    }
    co_return bad_reply("too many interim replies");
}

// Moves what has arrived into the body; true when it is whole.
Result<bool> Reading::take(const Framing& framing, std::string& body) {
    const std::string_view ready = stream_.ready();
    std::string_view rest = ready;
    bool whole = false;
    if (framing.chunked) {
        while (!rest.empty() && !chunks_.done()) {
            const Result<std::string_view> run = chunks_.take(rest);
            if (!run) return bad_reply(run.error().message);
            body += *run;
        }
        whole = chunks_.done();
    } else {
        const std::uint64_t left = framing.length ? *framing.length - body.size() : ready.size();
        const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(left, ready.size()));
        body += ready.substr(0, bytes);
        rest.remove_prefix(bytes);
        whole = framing.length && body.size() == *framing.length;
    }
    stream_.consume(ready.size() - rest.size());
    if (body.size() > bounds_.body_bytes) return bad_reply("the reply is larger than allowed");
    return whole;
}

env::Task<Result<std::string>> Reading::read_body(Framing framing) {
    if (framing.length.value_or(0) > bounds_.body_bytes) co_return bad_reply("the reply is larger than allowed");
    constexpr std::uint64_t kTrusted = 1 << 20;  // reserved on the other side's word
    constexpr std::uint64_t kRoomBehind = 64;    // readers of JSON want some behind the end; else they copy the body
    std::string body;
    if (framing.length.value_or(0) > 0)
        body.reserve(static_cast<std::size_t>(std::min(*framing.length, kTrusted) + kRoomBehind));
    for (;;) {
        const Result<bool> whole = take(framing, body);
        if (!whole) co_return fail(whole.error());
        whole_ = *whole;
        if (whole_) co_return body;
        // Not more than can come: a small buffer is used again for the next reply, a large one is given back.
        const std::uint64_t left = framing.length ? *framing.length - body.size() : Stream::kBodyRoom;
        const std::uint64_t room = std::clamp<std::uint64_t>(left, Stream::kReplyRoom, Stream::kBodyRoom);
        if (co_await more(static_cast<std::size_t>(room))) continue;
        const bool by_end = !framing.chunked && !framing.length && outcome_ == Outcome::End;
        if (!by_end) co_return bad_reply("the reply was cut off");
        outcome_ = Outcome::Ok;
        co_return body;
    }
}

env::Task<Result<http::Reply>> Reading::run() {
    Result<ReplyHead> head = co_await read_head();
    if (!head) co_return fail(std::move(head).error());
    http::Reply reply;
    reply.status = head->status;
    const bool bare = head_only_ || reply.status == 204 || reply.status == 304;
    if (bare) {
        whole_ = true;
    } else {
        Result<std::string> body = co_await read_body(head->framing);
        if (!body) co_return fail(std::move(body).error());
        reply.body = *std::move(body);
    }
    const std::string_view encoding = head->headers.get("content-encoding");
    if (!reply.body.empty() && !encoding.empty() && !http::same_name(encoding, "identity")) {
        co_return bad_reply("the reply has an encoding that was not asked for");
    }
    whole_ = whole_ && head->keep_alive;
    reply.headers = std::move(head->headers);
    co_return reply;
}

}  // namespace

Result<std::string> request_head(const http::Address& to, const http::Outgoing& request) {
    const auto refuse = [](std::string text) { return fail(ErrorCode::MiroirInvalidRequest, std::move(text)); };
    if (!is_token(request.method)) return refuse("the method of an outgoing request is malformed");
    if (!is_target(request.target)) return refuse("the target of an outgoing request is malformed");
    const bool v6 = to.host.find(':') != std::string::npos;
    std::string out;
    out.reserve(256 + request.target.size());
    out.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\nhost: ");
    out.append(v6 ? "[" + to.host + "]" : to.host);
    if (to.port != (to.tls ? 443 : 80)) out.append(":").append(std::to_string(to.port));
    out += "\r\n";
    for (const auto& [name, value] : request.headers) {
        if (is_ours(name)) continue;
        if (!is_token(name) || !is_field_value(value)) return refuse("a header of an outgoing request is malformed");
        out.append(name).append(": ").append(value).append("\r\n");
    }
    const bool says_length =
        !request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
    if (says_length) out.append("content-length: ").append(std::to_string(request.body.size())).append("\r\n");
    out += "\r\n";
    return out;
}

env::Task<Exchanged> exchange(std::shared_ptr<Stream> stream, std::string_view head, std::string_view body,
                              bool head_only, ReplyBounds bounds) {
    Exchanged out;
    const Outcome written = co_await stream->write(head, body, std::chrono::nanoseconds::max(), &out.bytes_sent);
    if (written == Outcome::TimedOut || written == Outcome::Canceled) {
        out.outcome = written;
        co_return out;
    }
    // Even if not all could be sent: a server may answer and close before it has read everything.
    const std::string write_error = written == Outcome::Ok ? std::string() : stream->error_text();
    Reading reading(*stream, head_only, bounds);
    out.reply = co_await reading.run();
    out.outcome = reading.outcome();
    out.heard = reading.heard();
    out.reusable =
        out.reply && written == Outcome::Ok && reading.whole() && stream->ready().empty() && stream->is_open();
    if (!out.reply && out.outcome == Outcome::Ok) co_return out;
    if (!out.reply && !out.heard && !write_error.empty())
        out.reply = bad_reply("the connection broke while sending: " + write_error);
    co_return out;
}

}  // namespace miroir::wire
