#include "http/wire/reading.h"

#include <algorithm>

namespace miroir::wire {
namespace {

std::unexpected<Error> bad_reply(std::string message) {
    return fail(ErrorCode::MiroirNodeBadReply, std::move(message));
}

}  // namespace

bool is_encoded(const ReplyHead& head) {
    const std::string_view encoding = head.headers.get("content-encoding");
    return !encoding.empty() && !http::same_name(encoding, "identity");
}

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

Result<bool> Reading::take(const Framing& framing, std::string& body) {
    const std::string_view ready = stream_.ready();
    std::string_view rest = ready;
    bool whole = false;
    if (framing.chunked) {
        while (!rest.empty() && !chunks_.done()) {
            const Result<std::string_view> run = chunks_.take(rest);
            if (!run) return bad_reply(run.error().message);
            body += *run;
            taken_ += run->size();
        }
        whole = chunks_.done();
    } else {
        const std::uint64_t left = framing.length ? *framing.length - taken_ : ready.size();
        const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(left, ready.size()));
        body += ready.substr(0, bytes);
        taken_ += bytes;
        rest.remove_prefix(bytes);
        whole = framing.length && taken_ == *framing.length;
    }
    stream_.consume(ready.size() - rest.size());
    if (taken_ > bounds_.body_bytes) return bad_reply("the reply is larger than allowed");
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
        if (!ended(framing)) co_return bad_reply("the reply was cut off");
        outcome_ = Outcome::Ok;
        co_return body;
    }
}

env::Task<Result<http::Reply>> Reading::run() {
    Result<ReplyHead> head = co_await read_head();
    if (!head) co_return fail(std::move(head).error());
    http::Reply reply;
    reply.status = head->status;
    if (is_bare(reply.status)) {
        whole_ = true;
    } else {
        Result<std::string> body = co_await read_body(head->framing);
        if (!body) co_return fail(std::move(body).error());
        reply.body = *std::move(body);
    }
    if (!reply.body.empty() && is_encoded(*head))
        co_return bad_reply("the reply has an encoding that was not asked for");
    whole_ = whole_ && head->keep_alive;
    reply.headers = std::move(head->headers);
    co_return reply;
}

}  // namespace miroir::wire
