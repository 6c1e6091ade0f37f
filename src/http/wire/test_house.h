// For this folder's tests: one handler with a few behaviours, behind a listener on a world of its own.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/wire/listener.h"
#include "http/wire/loopback.h"

namespace miroir::wire {

// A source of `count` pieces of `size` bytes.
class Pieces final : public http::BodySource {
public:
    Pieces(std::size_t count, std::size_t size) : count_(count), size_(size) {}
    env::Task<Result<std::string>> next() override {
        if (count_ == 0) co_return std::string();
        --count_;
        co_return std::string(size_, 'p');
    }

private:
    std::size_t count_;
    std::size_t size_;
};

class Failing final : public http::BodySource {
public:
    explicit Failing(bool at_once) : at_once_(at_once) {}
    env::Task<Result<std::string>> next() override {
        if (!std::exchange(at_once_, true)) co_return std::string("begun");
        co_return fail(ErrorCode::MiroirNodeBadReply, "broken");
    }

private:
    bool at_once_;
};

// A word at once, the next when somebody gave up waiting for it.
class Endless final : public http::BodySource {
public:
    Endless(env::Env env, env::Cancel cancel, std::atomic<int>& woken, bool begun = false)
        : env_(env), cancel_(std::move(cancel)), woken_(woken), begun_(begun) {}
    env::Task<Result<std::string>> next() override {
        if (!std::exchange(begun_, true)) co_return std::string("begun");
        co_await env::sleep_for(env_, std::chrono::seconds(30), cancel_);
        ++woken_;
        co_return fail(ErrorCode::MiroirCanceled, "nobody listens");
    }

private:
    env::Env env_;
    env::Cancel cancel_;
    std::atomic<int>& woken_;
    bool begun_;
};

class House final : public http::Handler {
public:
    explicit House(env::Env env) : env_(env) {}

    env::Task<http::Reply> handle(http::Request request, http::Call call) override {
        ++requests;
        http::Reply reply;
        const std::string target = request.target;
        if (target == "/echo") {
            if (request.body) reply = co_await echo(std::move(request));
        } else if (target == "/count") {
            reply = co_await count(std::move(request));
        } else if (target == "/mirror") {
            reply.stream = std::move(request.body);
        } else if (target == "/wait") {
            const bool came = co_await env::sleep_for(env_, std::chrono::seconds(30), call.cancel);
            reply.body = came ? "slept" : "woken";
            ++woken;
        } else if (target == "/hold") {
            held.emplace(env_.executor);
            const env::OneShot<bool> mine = *held;
            ++holding;
            co_await mine;
            reply.body = "released";
        } else if (target == "/pieces") {
            reply.stream = std::make_unique<Pieces>(3, 5);
        } else if (target == "/endless") {
            if (request.body) co_await http::read_all(*request.body, 1 << 20);
            reply.stream = std::make_unique<Endless>(env_, call.cancel, woken);
        } else if (target == "/silent") {
            reply.headers.add("x-accel-buffering", "no");
            reply.stream = std::make_unique<Endless>(env_, call.cancel, woken, true);
        } else if (target == "/huge") {
            reply.stream = std::make_unique<Pieces>(1024, 64 << 10);
        } else if (target == "/broken-at-once" || target == "/broken-later") {
            reply.stream = std::make_unique<Failing>(target == "/broken-at-once");
        } else if (target == "/empty") {
            reply.status = 204;
        } else if (target == "/throws") {
            throw std::runtime_error("a secret");
        } else if (target == "/split") {
            reply.headers.add("x-good", "1");
            reply.headers.add("x-bad", "a\r\nset-cookie: b");
            reply.headers.add("content-length", "99");
            reply.body = "split";
        } else {
            reply.body = request.method + " " + target + " " + std::string(request.headers.get("x-word"));
        }
        co_return reply;
    }

    std::atomic<int> requests = 0;
    std::atomic<int> woken = 0;
    std::atomic<int> holding = 0;
    std::atomic<std::size_t> largest_piece = 0;
    std::optional<env::OneShot<bool>> held;

private:
    env::Task<http::Reply> echo(http::Request request) {
        Result<std::string> body = co_await http::read_all(*request.body, 1 << 20);
        http::Reply reply;
        if (!body) reply.status = body.error().http_status();
        reply.body = body ? *std::move(body) : body.error().message;
        co_return reply;
    }

    env::Task<http::Reply> count(http::Request request) {
        std::size_t bytes = 0;
        http::Reply reply;
        while (request.body) {
            const Result<std::string> piece = co_await request.body->next();
            if (!piece || piece->empty()) {
                reply.body = piece ? std::to_string(bytes) : piece.error().message;
                break;
            }
            bytes += piece->size();
            if (piece->size() > largest_piece) largest_piece = piece->size();
        }
        co_return reply;
    }

    env::Env env_;
};

// World, house and listener, taken down in order.
class Served {
public:
    explicit Served(ListenerOptions options = {}) : house(world.reactor.env(world.log)) {
        auto opened = world.on_thread([&] { return Listener::open(world.reactor, house, options); });
        if (opened) listener = *std::move(opened);
        else error = opened.error();
        port = listener ? listener->port() : 0;
    }
    ~Served() {
        if (!listener) return;
        drain(std::chrono::milliseconds(0));
        eventually([&] { return world.on_thread([&] { return listener->connections() == 0; }); });
        world.on_thread([&] { listener.reset(); });
    }

    void drain(std::chrono::nanoseconds limit) { start_drain(limit).get(); }
    std::future<void> start_drain(std::chrono::nanoseconds limit) {
        return world.start<void>([this, limit] { return listener->drain(env::Deadline::after(world.reactor, limit)); });
    }
    void release() {
        world.on_thread([&] { house.held->set(true); });
    }
    std::size_t connections() {
        return world.on_thread([&] { return listener->connections(); });
    }
    RawSocket dial() const { return RawSocket(port); }

    World world;
    House house;
    std::unique_ptr<Listener> listener;
    Error error;
    std::uint16_t port = 0;
};

inline std::string status_of(const std::string& reply) { return reply.substr(0, 12); }
inline std::string body_of_reply(const std::string& reply) {
    const std::size_t at = reply.find("\r\n\r\n");
    return at == std::string::npos ? std::string() : reply.substr(at + 4);
}

}  // namespace miroir::wire
