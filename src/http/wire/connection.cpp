#include "http/wire/connection.h"

#include <algorithm>

#include "http/hang_up.h"

namespace miroir::wire {

bool Floor::close_oldest_idle() {
    if (idle.empty()) return false;
    idle.front()->close_idle();
    return true;
}

Connection::Connection(std::shared_ptr<Floor> floor, std::shared_ptr<Stream> stream)
    : floor_(std::move(floor)), stream_(std::move(stream)), list_(&floor_->idle), peer_(stream_->peer()) {
    place_ = list_->insert(list_->end(), this);
    stream_->on_unwaited([this] {
        if (cancel_ && stream_->ended_ahead()) cancel_->request();
    });
}

Connection::~Connection() {
    stream_->on_unwaited(nullptr);
    stream_->close();
    list_->erase(place_);
    if (floor_->emptied && floor_->count() == 0) floor_->emptied->set(true);
}

void Connection::become(std::list<Connection*>& list) {
    list.splice(list.end(), *list_, place_);
    list_ = &list;
}

void Connection::close_idle() {
    become(floor_->busy);  // it ends as soon as its coroutine runs
    stream_->close(Outcome::Canceled);
}

void Connection::give_up() {
    stream_->close(Outcome::Canceled);
    if (cancel_) cancel_->request();
}

env::Task<void> Connection::serve(std::unique_ptr<Connection> connection) {
    connection->stream_->expire_at(connection->in(connection->floor_->options.header_timeout));
    if (co_await connection->stream_->greet_client() != Outcome::Ok) co_return;
    while (co_await connection->serve_one()) {
    }
}

env::Task<bool> Connection::serve_one() {
    std::optional<RequestHead> head = co_await read_head();
    if (!head) co_return false;
    std::shared_ptr<RequestBody> body;
    if (head->framing.chunked || head->framing.length.value_or(0) > 0) {
        body = std::make_shared<RequestBody>(floor_->reactor, stream_, *head, floor_->options.body_idle_timeout);
    }
    http::Reply reply = co_await run_handler(*head, body);

    if (http::is_hang_up(reply)) {
        cancel_.reset();
        if (body) body->detach();
        co_return false;
    }
    bool keep_alive = head->keep_alive && !floor_->draining;
    if (body) {
        // The rest of a body nobody wanted is read only if it is small, and not at all if the client waits for a word.
        const bool stuck = body->in_use() || !body->usable() || (!body->complete() && body->wants_invitation());
        const bool more = body->left().value_or(0) > floor_->options.unread_body_bytes;
        keep_alive = keep_alive && !stuck && !more;
    }
    if (reply.stream && (!body || body->complete())) watch_for_end();
    const bool written = co_await write_reply(std::move(reply), *head, keep_alive);
    if (!written) co_return false;
    if (keep_alive && body) keep_alive = co_await skip_body(body);
    if (body) body->detach();
    if (keep_alive) co_return true;
    if (body && !body->complete() && !body->in_use()) co_await linger();
    co_return false;
}

// While a reply is being produced piece by piece, nobody reads: without this only a write would find the client gone.
void Connection::watch_for_end() {
    if (stream_->ready().empty() && !stream_->is_reading()) stream_->read_ahead(Stream::kRoom);
}

std::optional<http::Reply> Connection::refuse_size(std::string_view bytes, std::size_t end) const {
    const ListenerOptions& options = floor_->options;
    const std::size_t line = std::min(bytes.find('\n'), bytes.size());
    if (line > options.request_line_bytes) {
        return refusal(414, ErrorCode::BadRequest, "The request line is too long.");
    }
    if (std::min(end, bytes.size()) - line > options.header_bytes) {
        return refusal(431, ErrorCode::BadRequest, "The headers are too large.");
    }
    return std::nullopt;
}

// Waits for a request; nullopt: there will be none, and whatever had to be said was said.
env::Task<std::optional<RequestHead>> Connection::read_head() {
    const ListenerOptions& options = floor_->options;
    stream_->settle_news();
    const bool waits = stream_->ready().empty();
    if (waits) {
        if (floor_->draining) co_return std::nullopt;
        if (!in_idle()) become(floor_->idle);
        stream_->expire_at(in(std::exchange(first_, false) ? options.header_timeout : options.keep_alive_timeout));
    }
    std::size_t seen = 0;
    std::size_t end = std::string_view::npos;
    for (bool timed = false;;) {
        const std::string_view bytes = stream_->ready();
        if (!bytes.empty()) {
            if (in_idle()) become(floor_->busy);
            end = find_head_end(bytes, seen);
            if (std::optional<http::Reply> refused = refuse_size(bytes, end)) {
                co_await refuse(*std::move(refused));
                co_return std::nullopt;
            }
            if (end != std::string_view::npos) break;
            if (const Result<void> begun = check_beginning(bytes); !begun) {
                co_await refuse(refusal(400, ErrorCode::BadRequest, begun.error().message));
                co_return std::nullopt;
            }
            if (!std::exchange(timed, true)) stream_->expire_at(in(options.header_timeout));
            seen = bytes.size();
        }
        if (co_await stream_->read(std::max(Stream::kRoom, seen)) != Outcome::Ok) co_return std::nullopt;
    }
    Result<RequestHead> head = parse_request_head(stream_->ready().substr(0, end));
    if (!head) {
        co_await refuse(refusal(400, ErrorCode::BadRequest, head.error().message));
        co_return std::nullopt;
    }
    if (head->headers.size() > options.header_count) {
        co_await refuse(refusal(431, ErrorCode::BadRequest, "There are too many headers."));
        co_return std::nullopt;
    }
    stream_->consume(end);
    co_return *std::move(head);
}

env::Task<http::Reply> Connection::run_handler(RequestHead& head, std::shared_ptr<RequestBody> body) {
    stream_->expire_at(env::Monotonic::max());
    cancel_.emplace();
    http::Request request;
    request.method = head.method;
    request.target = std::move(head.target);
    request.headers = std::move(head.headers);
    request.content_length = head.framing.length;
    request.peer = peer_;
    if (body) {
        request.body = source_of(std::move(body));
    } else if (stream_->ready().empty()) {
        stream_->read_ahead(Stream::kRoom);  // its end tells that the client has gone away
    }
    http::Call call{.cancel = *cancel_};
    http::Reply reply;
    bool threw = false;
    try {
        reply = co_await floor_->handler.handle(std::move(request), std::move(call));
    } catch (...) {
        threw = true;
    }
    if (threw) reply = refusal(500, ErrorCode::Internal, "The request could not be handled.");
    co_return reply;
}

env::Task<bool> Connection::write_reply(http::Reply reply, const RequestHead& head, bool keep_alive) {
    const BodyForm form = body_form(reply, head.chunks_understood);
    if (form == BodyForm::UntilClose) keep_alive = false;
    bool written = false;
    if (reply.stream && form != BodyForm::None && head.method != "HEAD") {
        written = co_await write_stream(std::move(reply), form, keep_alive);
    } else {
        const bool bare = form == BodyForm::None || head.method == "HEAD";
        const std::string text = reply_head(reply, form, keep_alive);
        const std::string_view body = bare ? std::string_view() : std::string_view(reply.body);
        written = co_await stream_->write(text, body, floor_->options.write_timeout) == Outcome::Ok;
    }
    cancel_.reset();
    co_return written&& form != BodyForm::UntilClose;
}

env::Task<bool> Connection::write_stream(http::Reply reply, BodyForm form, bool keep_alive) {
    const std::chrono::nanoseconds patience = floor_->options.write_timeout;
    const bool chunked = form == BodyForm::Chunked;
    std::string before;  // goes out with the next piece
    const bool headed = reply.headers.get("x-accel-buffering") == "no";
    if (headed) {  // nothing of it is to be held back: nor does its head wait for what may not come for long
        const std::string text = reply_head(reply, form, keep_alive);
        if (co_await stream_->write(text, std::string_view(), patience) != Outcome::Ok) co_return false;
        stream_->expire_at(env::Monotonic::max());
    }
    for (bool first = true;; first = false) {
        const Result<std::string> piece = co_await reply.stream->next();
        if (!piece && first && !headed) {  // nothing is out yet: it can still be a proper reply
            http::Reply failed =
                refusal(piece.error().http_status(), piece.error().code, "The reply could not be produced.");
            const std::string text = reply_head(failed, BodyForm::Length, keep_alive);
            co_return co_await stream_->write(text, failed.body, patience) == Outcome::Ok;
        }
        if (!piece) co_return false;  // a body without its end tells the client
        if (first && !headed) before = reply_head(reply, form, keep_alive);
        if (piece->empty()) {
            if (chunked) before += last_chunk(first);
            co_return co_await stream_->write(before, std::string_view(), patience) == Outcome::Ok;
        }
        if (chunked) before += chunk_start(piece->size(), first);
        if (co_await stream_->write(before, *piece, patience) != Outcome::Ok) co_return false;
        stream_->expire_at(env::Monotonic::max());
        before.clear();
    }
}

// Reads what the handler left, so that the next request can follow. False: too much, or it went wrong.
env::Task<bool> Connection::skip_body(std::shared_ptr<RequestBody> body) {
    std::size_t skipped = 0;
    while (!body->complete()) {
        const Result<std::string> piece = co_await body->next();
        if (!piece) co_return false;
        skipped += piece->size();
        if (skipped > floor_->options.unread_body_bytes) co_return false;
    }
    co_return true;
}

env::Task<void> Connection::refuse(http::Reply reply) {
    const std::string text = reply_head(reply, BodyForm::Length, false);
    if (co_await stream_->write(text, reply.body, floor_->options.write_timeout) == Outcome::Ok) co_await linger();
}

// A close with unread bytes would reset the connection and take the reply away from the client.
env::Task<void> Connection::linger() {
    stream_->finish_writing();
    stream_->expire_at(in(floor_->options.linger_timeout));
    std::size_t dropped = 0;
    while (dropped <= floor_->options.linger_bytes) {
        dropped += stream_->ready().size();
        stream_->consume(stream_->ready().size());
        if (co_await stream_->read(Stream::kBodyRoom) != Outcome::Ok) break;
    }
}

}  // namespace miroir::wire
