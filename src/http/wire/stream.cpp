// The deadline is a number that every operation may move; one timer follows it lazily, so that a busy connection sets
// a timer a few times a minute and not several times a request.
#include "http/wire/stream.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>

namespace miroir::wire {

namespace asio = boost::asio;
using asio::ip::tcp;
using BoostError = boost::system::error_code;

struct Stream::Socket {
    tcp::socket plain;
    std::shared_ptr<const TlsContext> tls;
    std::unique_ptr<asio::ssl::stream<tcp::socket&>> secure;

    Socket(asio::io_context& io, std::shared_ptr<const TlsContext> context) : plain(io), tls(std::move(context)) {
        if (tls) secure = std::make_unique<asio::ssl::stream<tcp::socket&>>(plain, tls->context());
    }

    void tune() {
        BoostError ignored;
        plain.non_blocking(true, ignored);
        plain.set_option(tcp::no_delay(true), ignored);
    }
};

// An asynchronous step that a coroutine waits for. It stays in the coroutine's frame.
struct Stream::Operation {
    Stream& stream;
    BoostError failed{};
    std::size_t bytes = 0;

    auto ended(std::coroutine_handle<> waiting) {
        return [this, waiting, keep = stream.shared_from_this()](const BoostError& error, std::size_t count = 0) {
            failed = error;
            bytes = count;
            waiting.resume();
        };
    }

    Outcome outcome() const {
        if (stream.fate_ != Outcome::Ok) return stream.fate_;
        if (!failed) return Outcome::Ok;
        stream.error_text_ = failed.message();
        return failed == asio::error::eof ? Outcome::End : Outcome::Failed;
    }
    bool await_ready() const noexcept { return false; }
    Outcome await_resume() const { return outcome(); }
};

Stream::Stream(env::Reactor& reactor, std::shared_ptr<const TlsContext> tls)
    : reactor_(reactor), socket_(std::make_unique<Socket>(reactor.io(), std::move(tls))) {}

Stream::~Stream() {
    if (alarm_ != 0) reactor_.cancel(alarm_);
}

bool Stream::adopt(int socket) {
    sockaddr_storage own{};
    socklen_t size = sizeof(own);
    const bool v6 = getsockname(socket, reinterpret_cast<sockaddr*>(&own), &size) == 0 && own.ss_family == AF_INET6;
    BoostError failed;
    socket_->plain.assign(v6 ? tcp::v6() : tcp::v4(), socket, failed);
    if (failed) {
        ::close(socket);
        return false;
    }
    socket_->tune();
    return true;
}

env::Task<Outcome> Stream::connect(std::vector<sockaddr_storage> addresses) {
    struct Connect : Operation {
        tcp::endpoint to;
        void await_suspend(std::coroutine_handle<> waiting) { stream.socket_->plain.async_connect(to, ended(waiting)); }
    };
    Outcome outcome = Outcome::Failed;
    error_text_ = "the name has no address";
    for (const sockaddr_storage& address : addresses) {
        BoostError ignored;
        socket_->plain.close(ignored);
        tcp::endpoint to(address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), 0);
        std::memcpy(to.data(), &address, to.size());
        Connect connecting{{*this}, to};
        outcome = co_await connecting;
        if (outcome == Outcome::Ok) {
            socket_->tune();
            break;
        }
        if (fate_ != Outcome::Ok) break;
    }
    co_return outcome;
}

struct Greeting {
    static bool prepare_name(asio::ssl::stream<tcp::socket&>& secure, const std::string& name) {
        in6_addr parsed;
        const bool literal =
            inet_pton(AF_INET, name.c_str(), &parsed) == 1 || inet_pton(AF_INET6, name.c_str(), &parsed) == 1;
        return literal || SSL_set_tlsext_host_name(secure.native_handle(), name.c_str()) == 1;
    }
};

env::Task<Outcome> Stream::greet_client() {
    struct Greet : Operation {
        void await_suspend(std::coroutine_handle<> waiting) {
            stream.socket_->secure->async_handshake(asio::ssl::stream_base::server, ended(waiting));
        }
    };
    if (!socket_->secure) co_return Outcome::Ok;
    Greet greeting{{*this}};
    co_return co_await greeting;
}

env::Task<Outcome> Stream::greet_server(std::string server_name) {
    struct Greet : Operation {
        void await_suspend(std::coroutine_handle<> waiting) {
            stream.socket_->secure->async_handshake(asio::ssl::stream_base::client, ended(waiting));
        }
    };
    if (!socket_->secure) co_return Outcome::Ok;
    BoostError failed;
    if (socket_->tls->verify())
        socket_->secure->set_verify_callback(asio::ssl::host_name_verification(server_name), failed);
    if (failed || !Greeting::prepare_name(*socket_->secure, server_name)) {
        error_text_ = "the server's name cannot be used with TLS";
        co_return Outcome::Failed;
    }
    Greet greeting{{*this}};
    co_return co_await greeting;
}

void Stream::make_room(std::size_t room) {
    if (begin_ == end_) {
        begin_ = end_ = 0;
        // An idle connection does not keep the buffer of the large body it once had.
        if (capacity_ > 4 * room) capacity_ = 0;
    }
    if (capacity_ - end_ >= room) return;
    const std::size_t kept = end_ - begin_;
    if (capacity_ < kept + room) {
        capacity_ = kept + room;
        auto larger = std::make_unique_for_overwrite<char[]>(capacity_);
        if (kept > 0) std::memcpy(larger.get(), buffer_.get() + begin_, kept);
        buffer_ = std::move(larger);
    } else {
        std::memmove(buffer_.get(), buffer_.get() + begin_, kept);
    }
    begin_ = 0;
    end_ = kept;
}

void Stream::read_ahead(std::size_t room) {
    if (reading_ || news_) return;
    reading_ = true;
    if (fate_ != Outcome::Ok) {
        reactor_.post([self = shared_from_this()] { self->read_ended(self->fate_, 0); });
        return;
    }
    make_room(room);
    const auto into = asio::buffer(buffer_.get() + end_, capacity_ - end_);
    auto ended = [self = shared_from_this()](const BoostError& failed, std::size_t bytes) {
        Outcome outcome = Outcome::Ok;
        if (self->fate_ != Outcome::Ok) {
            outcome = self->fate_;
        } else if (failed) {
            self->error_text_ = failed.message();
            outcome = failed == asio::error::eof ? Outcome::End : Outcome::Failed;
        }
        self->read_ended(outcome, bytes);
    };
    if (socket_->secure) socket_->secure->async_read_some(into, std::move(ended));
    else socket_->plain.async_read_some(into, std::move(ended));
}

void Stream::read_ended(Outcome outcome, std::size_t bytes) {
    reading_ = false;
    news_ = true;
    end_ += bytes;
    read_outcome_ = outcome;
    if (reader_) std::exchange(reader_, nullptr).resume();
    else if (unwaited_) unwaited_();
}

env::Task<Outcome> Stream::write(std::string_view first, std::string_view second, std::chrono::nanoseconds patience,
                                 std::size_t* taken) {
    using Parts = std::array<asio::const_buffer, 2>;
    struct Write : Operation {
        Parts parts;
        void await_suspend(std::coroutine_handle<> waiting) {
            Socket& socket = *stream.socket_;
            // TLS makes a record of each part: the shorter one is finished first.
            if (socket.secure)
                socket.secure->async_write_some(parts[0].size() > 0 ? parts[0] : parts[1], ended(waiting));
            else socket.plain.async_write_some(parts, ended(waiting));
        }
    };
    std::string joined;
    constexpr std::size_t kJoin = 64 << 10;
    if (socket_->secure && !second.empty() && first.size() + second.size() <= kJoin) {
        joined.reserve(first.size() + second.size());
        joined.append(first).append(second);
        first = joined;
        second = {};
    }
    bool may_write_now = !socket_->secure;
    while (!first.empty() || !second.empty()) {
        if (fate_ != Outcome::Ok) co_return fate_;
        Write writing{{*this}, Parts{asio::buffer(first), asio::buffer(second)}};
        Outcome outcome = Outcome::Ok;
        if (may_write_now) {
            writing.bytes = socket_->plain.write_some(writing.parts, writing.failed);
            may_write_now = writing.failed != asio::error::would_block;
            if (!may_write_now) continue;
            outcome = writing.outcome();
        } else {
            expire_at(patience == std::chrono::nanoseconds::max() ? expires_ : reactor_.now() + patience);
            outcome = co_await writing;
        }
        if (taken != nullptr) *taken += writing.bytes;
        if (outcome != Outcome::Ok) co_return outcome;
        const std::size_t of_first = std::min(writing.bytes, first.size());
        first.remove_prefix(of_first);
        second.remove_prefix(writing.bytes - of_first);
    }
    co_return fate_;
}

void Stream::expire_at(env::Monotonic when) {
    expires_ = when;
    if (when >= alarm_at_ || fate_ != Outcome::Ok) return;
    if (alarm_ != 0) reactor_.cancel(alarm_);
    alarm_at_ = when;
    alarm_ = reactor_.at(when, [this] { alarm(); });
}

void Stream::alarm() {
    alarm_ = 0;
    alarm_at_ = env::Monotonic::max();
    if (expires_ <= reactor_.now()) close(Outcome::TimedOut);
    else expire_at(expires_);
}

void Stream::close(Outcome why) {
    if (fate_ != Outcome::Ok) return;
    fate_ = why;
    BoostError ignored;
    socket_->plain.close(ignored);
}

void Stream::finish_writing() {
    BoostError ignored;
    socket_->plain.shutdown(tcp::socket::shutdown_send, ignored);
}

bool Stream::is_silent() const {
    if (!is_quiet()) return false;
    char byte;
    return ::recv(socket_->plain.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}

std::string Stream::peer() const {
    BoostError failed;
    const tcp::endpoint end = socket_->plain.remote_endpoint(failed);
    return failed ? std::string() : end.address().to_string();
}

}  // namespace miroir::wire
