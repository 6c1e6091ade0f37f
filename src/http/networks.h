// Whom Miroir may call on a client's behalf: webhooks, exports. Addresses of the public internet always; private,
// loopback, link-local and reserved ones only where the operator named their network. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace miroir::http {

// An address as bytes in network order: four or sixteen.
using AddressBytes = std::span<const std::uint8_t>;

class NetworkPolicy {
public:
    // `text`: networks as `10.0.0.0/8,fd00::/8`, single addresses, or `any`. Empty: no private address.
    static Result<NetworkPolicy> parse(std::string_view text);

    bool allows(AddressBytes address) const;

private:
    struct Network {
        std::array<std::uint8_t, 16> bytes{};
        std::size_t size = 4;  // of the address: 4 or 16
        unsigned prefix = 0;   // bits
    };
    static Result<Network> parse_network(std::string_view text);

    bool any_ = false;
    std::vector<Network> networks_;
};

// Reachable over the public internet, as the registries of special addresses have it.
bool is_public(AddressBytes address);

}  // namespace miroir::http
