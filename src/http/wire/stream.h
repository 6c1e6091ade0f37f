// One connection, plain or TLS: a read buffer that may be filled ahead of need, writes that wait only when they must,
// one moment at which it gives up. At most one read and one write at a time. Lives on its reactor's thread; an
// operation under way keeps it alive.
#pragma once

#include <sys/socket.h>

#include <coroutine>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "env/real/reactor.h"
#include "http/wire/tls.h"

namespace miroir::wire {

enum class Outcome : std::uint8_t {
    Ok,
    End,       // the other side has nothing more to say
    TimedOut,  // expire_at() has passed
    Canceled,  // close(Outcome::Canceled) was called
    Failed,    // see error_text()
};

class Stream : public std::enable_shared_from_this<Stream> {
public:
    Stream(env::Reactor& reactor, std::shared_ptr<const TlsContext> tls);
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    // Takes over an accepted socket; false: the event loop would not have it, and it is closed.
    bool adopt(int socket);
    // Tries the addresses one after another.
    env::Task<Outcome> connect(std::vector<sockaddr_storage> addresses);
    // The TLS greeting, nothing for a plain connection. `server_name` is what the certificate must be for.
    env::Task<Outcome> greet_client();
    env::Task<Outcome> greet_server(std::string server_name);

    // What was read and not yet consumed.
    std::string_view ready() const { return {buffer_.get() + begin_, end_ - begin_}; }
    void consume(std::size_t bytes) { begin_ += bytes; }

    // Begins to read at most `room` bytes more if no read is under way. When it ends while nobody waits, `unwaited`
    // runs.
    void read_ahead(std::size_t room);
    void on_unwaited(env::Job unwaited) { unwaited_ = std::move(unwaited); }
    // The read ahead has ended badly, and nobody has asked yet.
    bool ended_ahead() const { return news_ && read_outcome_ != Outcome::Ok; }
    // It ended well: its bytes are in ready(), and the next read() is to wait for more.
    void settle_news() { news_ = news_ && read_outcome_ != Outcome::Ok; }

    struct ReadAwaiter {
        Stream& stream;
        bool await_ready() const noexcept { return stream.news_; }
        void await_suspend(std::coroutine_handle<> waiting) noexcept { stream.reader_ = waiting; }
        Outcome await_resume() const noexcept {
            stream.news_ = false;
            return stream.read_outcome_;
        }
    };
    // Ok: ready() has grown.
    ReadAwaiter read(std::size_t room = kRoom) {
        if (!news_) read_ahead(room);
        return ReadAwaiter{*this};
    }

    // Both parts, as one. `patience` counts from the last byte taken. `*taken`, if given, counts what went out.
    env::Task<Outcome> write(std::string_view first, std::string_view second, std::chrono::nanoseconds patience,
                             std::size_t* taken = nullptr);

    // Who has been found to be on the other side, by its own word; empty: not asked.
    const std::string& met() const { return met_; }
    void has_met(std::string peer) { met_ = std::move(peer); }

    // No answer after this moment: the operations under way end with TimedOut. Monotonic::max() for never.
    void expire_at(env::Monotonic when);
    env::Monotonic expires() const { return expires_; }
    // Ends what is under way with `why`, and everything after. Closes the socket.
    void close(Outcome why = Outcome::Failed);
    // Says that nothing more will be written; reading goes on.
    void finish_writing();
    bool is_open() const { return fate_ == Outcome::Ok; }

    // Nothing has come that nobody asked for, not even the end, as far as the event loop knows…
    bool is_quiet() const { return fate_ == Outcome::Ok && !news_ && begin_ == end_; }
    // …and by a look at the socket itself.
    bool is_silent() const;
    bool is_reading() const { return reading_; }

    std::string peer() const;  // the other side's address, without its port
    const std::string& error_text() const { return error_text_; }

    static constexpr std::size_t kRoom = 4 << 10;
    static constexpr std::size_t kReplyRoom = 16 << 10;
    static constexpr std::size_t kBodyRoom = 64 << 10;

private:
    struct Socket;
    struct Operation;

    void make_room(std::size_t room);
    void read_ended(Outcome outcome, std::size_t bytes);
    void alarm();

    env::Reactor& reactor_;
    std::unique_ptr<Socket> socket_;
    std::unique_ptr<char[]> buffer_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::coroutine_handle<> reader_;
    env::Job unwaited_;
    bool reading_ = false;
    bool news_ = false;
    Outcome read_outcome_ = Outcome::Ok;
    Outcome fate_ = Outcome::Ok;
    env::Monotonic expires_ = env::Monotonic::max();
    env::Monotonic alarm_at_ = env::Monotonic::max();
    env::TimerId alarm_ = 0;
    std::string error_text_;
    std::string met_;
};

}  // namespace miroir::wire
