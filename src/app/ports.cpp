#include "app/ports.h"

#include <array>

#include "app/settings_of.h"
#include "http/wire/listener.h"

namespace miroir::app {
namespace {

class Nobody final : public http::Handler {
    env::Task<http::Reply> handle(http::Request, http::Call) override { co_return http::Reply(); }
};

}  // namespace

Result<void> refuse_taken_ports(const config::Config& config, env::Reactor& reactor) {
    Nobody nobody;
    std::array<wire::ListenerOptions, 2> all = {listener_options(config, 1), metrics_listener_options(config)};
    for (wire::ListenerOptions& alone : all) {
        if (alone.port != 0) MIROIR_CHECK(wire::Listener::open(reactor, nobody, std::move(alone)));
    }
    return {};
}

}  // namespace miroir::app
