#include "http/wire/resolve.h"

#include <cstring>

#include <boost/asio/ip/tcp.hpp>

namespace miroir::wire {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using BoostError = boost::system::error_code;
using Addresses = std::vector<sockaddr_storage>;

sockaddr_storage plain_address(const tcp::endpoint& endpoint) {
    sockaddr_storage out{};
    std::memcpy(&out, endpoint.data(), endpoint.size());
    return out;
}

}  // namespace

env::Task<Addresses> resolve(env::Reactor& reactor, std::string host, std::uint16_t port, env::Monotonic limit,
                             env::Cancel cancel) {
    BoostError failed;
    const asio::ip::address literal = asio::ip::make_address(host, failed);
    if (!failed) co_return Addresses{plain_address(tcp::endpoint(literal, port))};

    const auto resolver = std::make_shared<tcp::resolver>(reactor.io());
    const env::OneShot<Addresses> answer(reactor);
    resolver->async_resolve(host, std::to_string(port), tcp::resolver::numeric_service,
                            [answer, resolver](const BoostError& error, const tcp::resolver::results_type& found) {
                                constexpr std::size_t kEnough = 8;
                                Addresses out;
                                for (const auto& entry : found) {
                                    if (!error && out.size() < kEnough) out.push_back(plain_address(entry.endpoint()));
                                }
                                answer.set(std::move(out));
                            });
    const env::TimerId timer = limit == env::Monotonic::max() ? 0 : reactor.at(limit, [answer] { answer.set({}); });
    const env::Cancel::Hook hook(cancel, [answer] { answer.set({}); });
    Addresses out = co_await answer;
    reactor.cancel(timer);
    co_return out;
}

}  // namespace miroir::wire
