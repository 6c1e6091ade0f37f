#include "env/real/signals.h"

#include <csignal>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

namespace miroir::env {

struct Signals::Core : std::enable_shared_from_this<Signals::Core> {
    boost::asio::signal_set set;
    std::move_only_function<void(int)> callback;
    bool over = false;

    Core(Reactor& reactor, std::move_only_function<void(int)> call)
        : set(reactor.io(), SIGTERM, SIGINT, SIGHUP), callback(std::move(call)) {}

    void wait() {
        set.async_wait([self = shared_from_this()](const boost::system::error_code& failed, int signal) {
            if (failed || self->over) return;
            self->callback(signal);
            if (!self->over) self->wait();
        });
    }
};

Signals::Signals(Reactor& reactor, std::move_only_function<void(int)> callback)
    : core_(std::make_shared<Core>(reactor, std::move(callback))) {
    core_->wait();
}

Signals::~Signals() {
    core_->over = true;
    boost::system::error_code ignored;
    core_->set.cancel(ignored);
    core_->set.clear(ignored);  // the process's default behaviour is back
}

}  // namespace miroir::env
