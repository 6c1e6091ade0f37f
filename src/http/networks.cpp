#include "http/networks.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace miroir::http {
namespace {

bool shares_prefix(AddressBytes address, AddressBytes network, unsigned bits) {
    const unsigned whole = bits / 8;
    if (!std::ranges::equal(address.first(whole), network.first(whole))) return false;
    const unsigned rest = bits % 8;
    if (rest == 0) return true;
    const auto mask = static_cast<std::uint8_t>(0xFF << (8 - rest));
    return (address[whole] & mask) == (network[whole] & mask);
}

struct Special4 {
    std::array<std::uint8_t, 4> bytes;
    unsigned prefix;
};
constexpr Special4 kNotPublic4[] = {
    {{0, 0, 0, 0}, 8},      {{10, 0, 0, 0}, 8},    {{100, 64, 0, 0}, 10},   {{127, 0, 0, 0}, 8},
    {{169, 254, 0, 0}, 16}, {{172, 16, 0, 0}, 12}, {{192, 0, 0, 0}, 24},    {{192, 0, 2, 0}, 24},
    {{192, 168, 0, 0}, 16}, {{198, 18, 0, 0}, 15}, {{198, 51, 100, 0}, 24}, {{203, 0, 113, 0}, 24},
    {{240, 0, 0, 0}, 4},
};
constexpr Special4 kPublicAllTheSame4[] = {{{192, 0, 0, 9}, 32}, {{192, 0, 0, 10}, 32}};

struct Special6 {
    std::array<std::uint8_t, 16> bytes;
    unsigned prefix;
};
constexpr Special6 kNotPublic6[] = {
    {{}, 127},                                         // unspecified, loopback
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 96},  // IPv4 inside
    {{0x00, 0x64, 0xFF, 0x9B, 0x00, 0x01}, 48},        // translation
    {{0x01}, 64},                                      // discarded
    {{0x20, 0x01}, 23},                                // protocol assignments
    {{0x20, 0x02}, 16},                                // 6to4
    {{0x20, 0x01, 0x0D, 0xB8}, 32},
    {{0x3F, 0xFF}, 20},  // documentation
    {{0x5F}, 16},        // segment routing
    {{0xFC}, 7},
    {{0xFE, 0x80}, 10},  // unique local, link-local
};
constexpr Special6 kPublicAllTheSame6[] = {
    {{0x20, 0x01, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128},
    {{0x20, 0x01, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}, 128},
    {{0x20, 0x01, 0x00, 0x03}, 32},
    {{0x20, 0x01, 0x00, 0x04, 0x01, 0x12}, 48},
    {{0x20, 0x01, 0x00, 0x20}, 27},
};

template <class Table>
bool in_table(AddressBytes address, const Table& table) {
    return std::ranges::any_of(table, [&](const auto& row) { return shares_prefix(address, row.bytes, row.prefix); });
}

}  // namespace

bool is_public(AddressBytes address) {
    if (address.size() == 4) return in_table(address, kPublicAllTheSame4) || !in_table(address, kNotPublic4);
    return in_table(address, kPublicAllTheSame6) || !in_table(address, kNotPublic6);
}

Result<NetworkPolicy::Network> NetworkPolicy::parse_network(std::string_view text) {
    const Error wrong{.code = ErrorCode::MiroirConfigInvalid,
                      .message = "`" + std::string(text) +
                                 "` is no network; write 10.0.0.0/8, fd00::/8, a single address, or `any` alone"};
    const std::size_t slash = text.find('/');
    const std::string host(text.substr(0, slash));
    Network network;
    if (inet_pton(AF_INET, host.c_str(), network.bytes.data()) == 1) network.size = 4;
    else if (inet_pton(AF_INET6, host.c_str(), network.bytes.data()) == 1) network.size = 16;
    else return fail(wrong);
    const auto widest = static_cast<unsigned>(network.size * 8);
    network.prefix = widest;
    if (slash == std::string_view::npos) return network;
    const std::string_view bits = text.substr(slash + 1);
    const auto read = std::from_chars(bits.data(), bits.data() + bits.size(), network.prefix);
    if (read.ec != std::errc() || read.ptr != bits.data() + bits.size() || network.prefix > widest) return fail(wrong);
    return network;
}

Result<NetworkPolicy> NetworkPolicy::parse(std::string_view text) {
    NetworkPolicy policy;
    if (text == "any") {
        policy.any_ = true;
        return policy;
    }
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(','), text.size());
        std::string_view word = text.substr(0, end);
        while (word.starts_with(' ')) word.remove_prefix(1);
        while (word.ends_with(' ')) word.remove_suffix(1);
        MIROIR_TRY(Network network, parse_network(word));
        policy.networks_.push_back(network);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return policy;
}

bool NetworkPolicy::allows(AddressBytes address) const {
    if (any_ || is_public(address)) return true;
    return std::ranges::any_of(networks_, [&](const Network& network) {
        return network.size == address.size() && shares_prefix(address, network.bytes, network.prefix);
    });
}

}  // namespace miroir::http
