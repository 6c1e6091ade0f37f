#include "http/wire/exchange.h"

#include <algorithm>
#include <array>

#include "http/wire/head.h"
#include "http/wire/reading.h"

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
