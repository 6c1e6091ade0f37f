// For this folder's tests: a world on a thread of its own, and raw sockets that block for at most a few seconds.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <functional>
#include <future>
#include <string>
#include <string_view>
#include <thread>

#include "env/log.h"
#include "env/real/reactor.h"
#include "http/handler.h"

namespace miroir::wire {

class Silence final : public env::Log {
public:
    bool enabled(env::LogLevel) const override { return false; }
    void write(env::LogLevel, std::string_view, std::string_view, env::LogFields) override {}
};

// A reactor that runs on its own thread until destroyed.
class World {
public:
    World() : thread_([this] { reactor.run(); }) {}
    ~World() {
        reactor.post([this] { reactor.stop(); });
        thread_.join();
    }

    // Runs `work` on the reactor's thread and waits for it.
    template <class Work>
    auto on_thread(Work work) {
        std::packaged_task<decltype(work())()> task(std::move(work));
        auto value = task.get_future();
        reactor.post([task = std::move(task)]() mutable { task(); });
        return value.get();
    }

    // Starts the task that `make` makes, on the reactor's thread.
    template <class T>
    std::future<T> start(std::move_only_function<env::Task<T>()> make) {
        std::promise<T> promise;
        std::future<T> value = promise.get_future();
        reactor.post([make = std::move(make), promise = std::move(promise)]() mutable {
            env::detail::run_detached(fulfil<T>(make(), std::move(promise)));
        });
        return value;
    }

    env::Reactor reactor;
    Silence log;

private:
    template <class T>
    static env::Task<void> fulfil(env::Task<T> task, std::promise<T> promise) {
        if constexpr (std::is_void_v<T>) {
            co_await task;
            promise.set_value();
        } else {
            promise.set_value(co_await task);
        }
    }

    std::thread thread_;
};

class RawSocket {
public:
    explicit RawSocket(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        patience(5'000);
        const sockaddr_in to = loopback(port);
        connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0;
    }
    explicit RawSocket(int fd, int) : fd_(fd), connected_(true) { patience(5'000); }
    RawSocket(RawSocket&& other) noexcept
        : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_), rest_(std::move(other.rest_)) {}
    RawSocket(const RawSocket&) = delete;
    ~RawSocket() { close(); }

    static sockaddr_in loopback(std::uint16_t port) {
        sockaddr_in out{};
        out.sin_family = AF_INET;
        out.sin_port = htons(port);
        out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return out;
    }

    bool connected() const { return connected_; }
    void close() {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }
    void reset() {  // the other side gets RST
        const linger now{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
        close();
    }
    void finish() { ::shutdown(fd_, SHUT_WR); }
    void patience(int ms) {
        const timeval limit{ms / 1000, (ms % 1000) * 1000};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
        ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    }

    // False: the other side would not take all of it.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    // Some bytes; empty: the end, or none in time.
    std::string some() {
        if (!rest_.empty()) return std::exchange(rest_, {});
        char bytes[65536];
        const ssize_t got = ::recv(fd_, bytes, sizeof(bytes), 0);
        timed_out_ = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
        return got > 0 ? std::string(bytes, static_cast<std::size_t>(got)) : std::string();
    }
    bool timed_out() const { return timed_out_; }

    std::string until_end() {
        std::string out;
        for (std::string piece = some(); !piece.empty(); piece = some()) out += piece;
        return out;
    }

    // Up to and including `mark`; what follows it is kept for the next call.
    std::string until(std::string_view mark) {
        std::string out;
        for (;;) {
            if (const std::size_t at = out.find(mark); at != std::string::npos) {
                rest_ = out.substr(at + mark.size());
                return out.substr(0, at + mark.size());
            }
            const std::string piece = some();
            if (piece.empty()) return out;
            out += piece;
        }
    }

    std::string exactly(std::size_t bytes) {
        std::string out;
        while (out.size() < bytes) {
            const std::string piece = some();
            if (piece.empty()) break;
            out += piece;
        }
        if (out.size() > bytes) rest_ = out.substr(bytes);
        return out.substr(0, bytes);
    }

    // One reply with a Content-Length: head and body.
    std::string reply() {
        std::string head = until("\r\n\r\n");
        const std::size_t at = head.find("content-length: ");
        if (at == std::string::npos) return head;
        return head + exactly(std::stoul(head.substr(at + 16)));
    }

private:
    int fd_;
    bool connected_ = false;
    bool timed_out_ = false;
    std::string rest_;
};

// Waits for what another thread is about to make true; false after a few seconds.
inline bool eventually(const std::function<bool()>& holds) {
    for (int i = 0; i < 2'000; ++i) {
        if (holds()) return true;
        ::usleep(1'000);
    }
    return false;
}

}  // namespace miroir::wire
