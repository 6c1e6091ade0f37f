// One client's connection on the listening side: requests one after another, each answered before the next is read.
// Owned by its own coroutine; the listener holds it in one of two lists and may end it.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>

#include "http/wire/head.h"
#include "http/wire/listener.h"
#include "http/wire/reply_text.h"
#include "http/wire/request_body.h"
#include "http/wire/stream.h"

namespace miroir::wire {

class Connection;

// What all connections of a listener share. Connections waiting for a request stand in `idle`, longest first.
struct Floor {
    env::Reactor& reactor;
    http::Handler& handler;
    ListenerOptions options;
    std::shared_ptr<const TlsContext> tls;
    bool draining = false;
    std::list<Connection*> idle;
    std::list<Connection*> busy;
    std::optional<env::OneShot<bool>> emptied;  // set when somebody waits for the last one to go

    std::size_t count() const { return idle.size() + busy.size(); }
    bool close_oldest_idle();
};

class Connection {
public:
    Connection(std::shared_ptr<Floor> floor, std::shared_ptr<Stream> stream);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Serves the client to the end.
    static env::Task<void> serve(std::unique_ptr<Connection> connection);

    void close_idle();  // it is in `idle`
    void give_up();     // whatever it does

private:
    env::Task<bool> serve_one();
    env::Task<std::optional<RequestHead>> read_head();
    std::optional<http::Reply> refuse_size(std::string_view bytes, std::size_t end) const;
    env::Task<http::Reply> run_handler(RequestHead& head, std::shared_ptr<RequestBody> body);
    void watch_for_end();
    env::Task<bool> write_reply(http::Reply reply, const RequestHead& head, bool keep_alive);
    env::Task<bool> write_stream(http::Reply reply, BodyForm form, bool keep_alive);
    env::Task<bool> skip_body(std::shared_ptr<RequestBody> body);
    env::Task<void> refuse(http::Reply reply);
    env::Task<void> linger();
    void become(std::list<Connection*>& list);
    bool in_idle() const { return list_ == &floor_->idle; }
    env::Monotonic in(std::chrono::nanoseconds span) const { return floor_->reactor.now() + span; }

    std::shared_ptr<Floor> floor_;
    std::shared_ptr<Stream> stream_;
    std::list<Connection*>* list_ = nullptr;
    std::list<Connection*>::iterator place_;
    std::optional<env::Cancel> cancel_;  // of the call that is running
    std::string peer_;
    bool first_ = true;
};

}  // namespace miroir::wire
