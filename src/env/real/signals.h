// SIGTERM, SIGINT and SIGHUP as an ordinary event. While the object lives the callback runs on the reactor's thread
// each time one of them arrives (a second one often means "now"). One such object a process.
#pragma once

#include <functional>
#include <memory>

#include "env/real/reactor.h"

namespace miroir::env {

class Signals {
public:
    Signals(Reactor& reactor, std::move_only_function<void(int signal)> callback);
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

private:
    struct Core;
    std::shared_ptr<Core> core_;
};

inline std::unique_ptr<Signals> on_signal(Reactor& reactor, std::move_only_function<void(int signal)> callback) {
    return std::make_unique<Signals>(reactor, std::move(callback));
}

}  // namespace miroir::env
