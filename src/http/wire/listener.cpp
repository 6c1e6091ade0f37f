#include "http/wire/listener.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include <boost/asio/ip/tcp.hpp>

#include "http/wire/connection.h"

namespace miroir::wire {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using BoostError = boost::system::error_code;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

Result<tcp::endpoint> endpoint_of(asio::io_context& io, const ListenerOptions& options) {
    BoostError failed;
    const asio::ip::address literal = asio::ip::make_address(options.host, failed);
    if (!failed) return tcp::endpoint(literal, options.port);
    tcp::resolver resolver(io);
    const auto found = resolver.resolve(options.host, "", failed);
    if (failed || found.empty()) {
        return fail(ErrorCode::MiroirConfigInvalid,
                    "cannot listen on '" + options.host +
                        "': it is no address of this machine; 0.0.0.0 stands for all of them");
    }
    tcp::endpoint out = found.begin()->endpoint();
    out.port(options.port);
    return out;
}

Error why_not(const BoostError& failed, const ListenerOptions& options) {
    const std::string place = "port " + std::to_string(options.port) + " on " + options.host;
    std::string text = "cannot listen on " + place + ": " + failed.message();
    if (failed == asio::error::address_in_use) {
        text = place + " is in use by another program; stop it or choose another port";
    } else if (failed == asio::error::access_denied) {
        text = "no permission to listen on " + place + "; choose a port above 1023 or run with the right to bind it";
    }
    return {.code = ErrorCode::MiroirConfigInvalid, .message = std::move(text)};
}

}  // namespace

struct Listener::Core : std::enable_shared_from_this<Core> {
    std::shared_ptr<Floor> floor;
    tcp::acceptor acceptor;
    std::uint16_t port = 0;

    explicit Core(std::shared_ptr<Floor> shared) : floor(std::move(shared)), acceptor(floor->reactor.io()) {}

    Result<void> start() {
        const ListenerOptions& options = floor->options;
        MIROIR_TRY(const tcp::endpoint at, endpoint_of(floor->reactor.io(), options));
        BoostError failed;
        acceptor.open(at.protocol(), failed);
        if (!failed) acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
        if (!failed && options.share_port) acceptor.set_option(ReusePort(true), failed);
        if (!failed) acceptor.bind(at, failed);
        if (!failed) acceptor.listen(options.backlog, failed);
        if (!failed) acceptor.non_blocking(true, failed);
        if (failed) return fail(why_not(failed, options));
        port = acceptor.local_endpoint(failed).port();
        wait();
        return {};
    }

    void wait() {
        if (!acceptor.is_open()) return;
        acceptor.async_wait(tcp::acceptor::wait_read, [self = shared_from_this()](const BoostError& failed) {
            if (!failed) self->accept_some();
        });
    }

    void accept_some() {
        constexpr int kBatch = 64;  // then others get their turn
        for (int i = 0; i < kBatch && acceptor.is_open(); ++i) {
            const int socket = ::accept4(acceptor.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (socket >= 0) {
                welcome(socket);
                continue;
            }
            const bool exhausted = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
            if (exhausted && !somebody_waits())
                break;  // the system looks for a descriptor before it looks for a caller
            if (exhausted) {
                make_way();
                return;
            }
            if (errno == EAGAIN || errno == EWOULDBLOCK) break;
        }
        wait();
    }

    bool somebody_waits() {
        pollfd door{.fd = acceptor.native_handle(), .events = POLLIN};
        return ::poll(&door, 1, 0) == 1;
    }

    void welcome(int socket) {
        if (floor->count() >= floor->options.connections && !floor->close_oldest_idle()) {
            ::close(socket);
            return;
        }
        auto stream = std::make_shared<Stream>(floor->reactor, floor->tls);
        if (!stream->adopt(socket)) return;
        env::detail::run_detached(Connection::serve(std::make_unique<Connection>(floor, std::move(stream))));
    }

    // Out of descriptors: the longest idle goes, and after a moment we try again.
    void make_way() {
        floor->close_oldest_idle();
        constexpr std::chrono::milliseconds kMoment{20};
        floor->reactor.at(floor->reactor.now() + kMoment, [self = shared_from_this()] { self->wait(); });
    }

    void close_door() {
        floor->draining = true;
        BoostError ignored;
        acceptor.close(ignored);
        while (floor->close_oldest_idle()) {
        }
    }

    void give_up_all() {
        for (auto next = floor->busy.begin(); next != floor->busy.end();) (*next++)->give_up();
    }
};

Result<std::unique_ptr<Listener>> Listener::open(env::Reactor& reactor, http::Handler& handler,
                                                 ListenerOptions options) {
    std::shared_ptr<const TlsContext> tls;
    if (options.tls) {
        MIROIR_TRY(tls, make_server_tls(*options.tls));
    }
    auto floor = std::make_shared<Floor>(
        Floor{.reactor = reactor, .handler = handler, .options = std::move(options), .tls = std::move(tls)});
    auto core = std::make_shared<Core>(std::move(floor));
    MIROIR_CHECK(core->start());
    return std::unique_ptr<Listener>(new Listener(std::move(core)));
}

Listener::~Listener() {
    core_->close_door();
    core_->give_up_all();
}

std::uint16_t Listener::port() const { return core_->port; }
std::size_t Listener::connections() const { return core_->floor->count(); }

namespace {

// True: the last connection has gone.
env::Task<bool> wait_until_empty(std::shared_ptr<Floor> floor, env::Monotonic limit) {
    if (floor->count() == 0) co_return true;
    floor->emptied.emplace(floor->reactor);
    const env::OneShot<bool> emptied = *floor->emptied;
    const env::TimerId timer = floor->reactor.at(limit, [emptied] { emptied.set(false); });
    const bool done = co_await emptied;
    floor->reactor.cancel(timer);
    floor->emptied.reset();
    co_return done;
}

}  // namespace

env::Task<void> Listener::drain(env::Deadline limit) {
    const std::shared_ptr<Core> core = core_;
    core->close_door();
    if (co_await wait_until_empty(core->floor, limit.at)) co_return;
    core->give_up_all();
    constexpr std::chrono::milliseconds kMoment{100};  // what heeds the cancellation ends in it
    co_await wait_until_empty(core->floor, core->floor->reactor.now() + kMoment);
}

}  // namespace miroir::wire
