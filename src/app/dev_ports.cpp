#include "app/dev_ports.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <thread>

namespace miroir::app {
namespace {

constexpr std::chrono::milliseconds kLookEvery{20};

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Addresses addresses_of(const config::Endpoint& place) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* found = nullptr;
    if (getaddrinfo(place.host.c_str(), std::to_string(place.port).c_str(), &hints, &found) != 0) found = nullptr;
    return {found, &freeaddrinfo};
}

// What `ask` says of a fresh socket and the first address. An unknown host is told by whoever listens there.
template <typename Ask>
bool holds(const config::Endpoint& place, Ask ask) {
    const Addresses found = addresses_of(place);
    if (!found) return true;
    const int probe = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return true;
    const bool good = ask(probe, *found);
    close(probe);
    return good;
}

bool is_free(const config::Endpoint& place) {
    return holds(place, [](int probe, const addrinfo& address) {
        const int yes = 1;
        setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        return bind(probe, address.ai_addr, address.ai_addrlen) == 0 || errno != EADDRINUSE;
    });
}

bool listens(const config::Endpoint& place) {
    return holds(place, [](int probe, const addrinfo& address) {
        return connect(probe, address.ai_addr, address.ai_addrlen) == 0;
    });
}

std::string told(const config::Endpoint& place, std::string_view whose, std::string_view way_out) {
    return place.host + ":" + std::to_string(place.port) + ", wanted for " + std::string(whose) +
           ", is taken: something listens there already (another miroir dev?). Stop it, or " + std::string(way_out);
}

config::Endpoint place_of(const DevPlan& plan, std::size_t node) {
    return {.host = "127.0.0.1", .port = static_cast<std::uint16_t>(plan.config.http_addr.port + 1 + node)};
}

}  // namespace

std::string taken_port(const DevPlan& plan) {
    constexpr std::string_view kOther = "choose another --http-addr; the nodes take the ports behind it";
    if (!is_free(plan.config.http_addr)) return told(plan.config.http_addr, "clients", kOther);
    if (!is_free(plan.config.metrics_addr))
        return told(plan.config.metrics_addr, "metrics", "choose another --metrics-addr");
    for (std::size_t i = 0; i < plan.nodes.size(); ++i)
        if (const config::Endpoint place = place_of(plan, i); !is_free(place))
            return told(place, plan.nodes[i].name, kOther);
    return {};
}

bool await_nodes(const DevPlan& plan, std::chrono::milliseconds patience, const std::atomic<bool>& stop) {
    for (std::size_t i = 0; i < plan.nodes.size(); ++i) {
        while (!listens(place_of(plan, i))) {
            if (patience <= kLookEvery || stop) return false;
            patience -= kLookEvery;
            std::this_thread::sleep_for(kLookEvery);
        }
    }
    return true;
}

}  // namespace miroir::app
