#include "http/wire/reply_stream.h"

#include "http/wire/reading.h"

namespace miroir::wire {
namespace {

Error failure_of(Outcome outcome, const http::Address& to, std::string_view otherwise) {
    switch (outcome) {
        case Outcome::TimedOut: return trouble(ErrorCode::MiroirTimeout, to, "no reply in time");
        case Outcome::Canceled: return trouble(ErrorCode::MiroirCanceled, to, "canceled");
        default: return trouble(ErrorCode::MiroirNodeBadReply, to, otherwise);
    }
}

// Keeps the connection, and closes it with itself.
class ReplyBody final : public http::BodySource {
public:
    ReplyBody(Opening opening, Reading reading, Framing framing)
        : opening_(std::move(opening)),
          reading_(std::move(reading)),
          framing_(framing),
          hook_(opening_.options.cancel, [stream = opening_.stream] { stream->close(Outcome::Canceled); }) {}
    ~ReplyBody() override { opening_.stream->close(); }

    env::Task<Result<std::string>> next() override {
        std::string piece;
        while (!ended_) {
            const Result<bool> whole = reading_.take(framing_, piece);
            if (!whole) co_return broke(failure_of(Outcome::Failed, opening_.to, whole.error().message));
            ended_ = *whole;
            if (ended_ || !piece.empty()) break;
            opening_.stream->expire_at(opening_.reactor.now() + opening_.patience);
            if (co_await reading_.more(Stream::kReplyRoom)) continue;
            if (!reading_.ended(framing_))
                co_return broke(failure_of(reading_.outcome(), opening_.to, "the reply was cut off"));
            ended_ = true;
        }
        if (ended_) opening_.stream->close();
        co_return piece;
    }

private:
    std::unexpected<Error> broke(Error why) {
        ended_ = true;
        opening_.stream->close();
        return fail(std::move(why));
    }

    Opening opening_;
    Reading reading_;
    Framing framing_;
    env::Cancel::Hook hook_;
    bool ended_ = false;
};

}  // namespace

Error trouble(ErrorCode code, const http::Address& to, std::string_view what) {
    return {.code = code, .message = to.text() + ": " + std::string(what)};
}

env::Task<Result<http::Reply>> open_reply(Opening opening) {
    const std::shared_ptr<Stream> stream = opening.stream;
    stream->expire_at(opening.options.deadline.at);
    Reading reading(*stream, false, opening.bounds);
    Result<ReplyHead> head = fail(ErrorCode::MiroirNodeBadReply, "nothing was sent");
    {
        const env::Cancel::Hook hook(opening.options.cancel, [stream] { stream->close(Outcome::Canceled); });
        const Outcome written =
            co_await stream->write(opening.head, opening.body, std::chrono::nanoseconds::max(), nullptr);
        if (written == Outcome::TimedOut || written == Outcome::Canceled)
            co_return fail(failure_of(written, opening.to, ""));
        head = co_await reading.read_head();
    }
    if (!head) co_return fail(failure_of(reading.outcome(), opening.to, head.error().message));
    if (is_encoded(*head))
        co_return fail(failure_of(Outcome::Failed, opening.to, "the reply has an encoding that was not asked for"));
    http::Reply reply;
    reply.status = head->status;
    reply.headers = std::move(head->headers);
    if (reading.is_bare(reply.status)) stream->close();
    else reply.stream = std::make_unique<ReplyBody>(std::move(opening), std::move(reading), head->framing);
    co_return reply;
}

}  // namespace miroir::wire
