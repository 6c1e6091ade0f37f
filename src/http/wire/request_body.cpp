#include "http/wire/request_body.h"

namespace miroir::wire {
namespace {

class Source final : public http::BodySource {
public:
    explicit Source(std::shared_ptr<RequestBody> body) : body_(std::move(body)) {}
    env::Task<Result<std::string>> next() override { return body_->next(); }

private:
    std::shared_ptr<RequestBody> body_;
};

}  // namespace

std::unique_ptr<http::BodySource> source_of(std::shared_ptr<RequestBody> body) {
    return std::make_unique<Source>(std::move(body));
}

RequestBody::RequestBody(env::Reactor& reactor, std::shared_ptr<Stream> stream, const RequestHead& head,
                         std::chrono::nanoseconds patience)
    : reactor_(reactor),
      stream_(std::move(stream)),
      patience_(patience),
      chunked_(head.framing.chunked),
      left_(head.framing.length.value_or(0)),
      wants_invitation_(head.expects_continue) {}

std::optional<std::uint64_t> RequestBody::left() const {
    if (complete_) return 0;
    return chunked_ ? std::nullopt : std::optional(left_);
}

void RequestBody::detach() {
    if (!complete_ && !failure_) failure_ = Error{.code = ErrorCode::MiroirCanceled, .message = "The request is over."};
}

void RequestBody::mark_complete() {
    complete_ = true;
    // From here on a read can only mean the client's end or its next request.
    if (stream_->ready().empty()) {
        stream_->settle_news();
        stream_->read_ahead(Stream::kRoom);
    }
}

// What of the body has arrived already; empty: nothing, or the body is complete.
Result<std::string> RequestBody::take() {
    const std::string_view ready = stream_->ready();
    if (!chunked_) {
        const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(left_, ready.size()));
        std::string out(ready.substr(0, bytes));
        stream_->consume(bytes);
        left_ -= bytes;
        if (left_ == 0) mark_complete();
        return out;
    }
    std::string out;
    std::string_view rest = ready;
    while (!rest.empty() && !chunks_.done()) {
        MIROIR_TRY(const std::string_view run, chunks_.take(rest));
        out += run;
    }
    stream_->consume(ready.size() - rest.size());
    if (chunks_.done()) mark_complete();
    return out;
}

Error RequestBody::failure_of(Outcome outcome) const {
    switch (outcome) {
        case Outcome::TimedOut:
            return {.code = ErrorCode::MiroirTimeout,
                    .message = "The body of the request did not come in time.",
                    .status = 408};
        case Outcome::Canceled: return {.code = ErrorCode::MiroirCanceled, .message = "The server is shutting down."};
        default: return {.code = ErrorCode::BadRequest, .message = "The body of the request ended too early."};
    }
}

env::Task<Result<std::string>> RequestBody::next() {
    MIROIR_ASSERT(!in_use_);
    const std::shared_ptr<Stream> stream = stream_;
    in_use_ = true;
    Result<std::string> piece;
    for (;;) {
        if (failure_) {
            piece = fail(*failure_);
            break;
        }
        if (complete_) break;
        piece = take();
        if (!piece) failure_ = piece.error();
        if (!piece || !piece->empty() || complete_) break;
        if (std::exchange(wants_invitation_, false)) {
            co_await stream->write("HTTP/1.1 100 Continue\r\n\r\n", std::string_view(), patience_);
        }
        stream->expire_at(reactor_.now() + patience_);
        const Outcome outcome = co_await stream->read(Stream::kBodyRoom);
        stream->expire_at(env::Monotonic::max());
        if (outcome != Outcome::Ok && !failure_) failure_ = failure_of(outcome);
    }
    in_use_ = false;
    co_return piece;
}

}  // namespace miroir::wire
