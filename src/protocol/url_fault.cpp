#include "protocol/url_fault.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace miroir::protocol {
namespace {

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kDigits = "0123456789";

// The text before the colon, if it can be a scheme.
std::optional<std::string_view> scheme_of(std::string_view url) {
    const std::size_t colon = url.find(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    const std::string_view scheme = url.substr(0, colon);
    const auto fits = [](char c) {
        return kLetters.contains(c) || kDigits.contains(c) || c == '+' || c == '-' || c == '.';
    };
    if (!kLetters.contains(scheme[0]) || !std::ranges::all_of(scheme, fits)) return std::nullopt;
    return scheme;
}

// Those whose URLs have a host in any case.
bool needs_host(std::string_view scheme) {
    constexpr std::array<std::string_view, 5> kNames = {"http", "https", "ws", "wss", "ftp"};
    return std::ranges::any_of(kNames, [&](std::string_view name) {
        return std::ranges::equal(name, scheme, {}, {}, [](char c) { return c < 'a' && c >= 'A' ? c | 0x20 : c; });
    });
}

bool is_port(std::string_view text) {
    unsigned port = 0;
    if (text.empty()) return true;
    if (text.find_first_not_of(kDigits) != std::string_view::npos) return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc() && port <= 65535;
}

std::optional<std::string_view> authority_fault(std::string_view authority) {
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
    const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
    if (bracket == std::string_view::npos) return "invalid IPv6 address";
    const std::size_t colon = authority.find(':', bracket);
    const std::string_view host = authority.substr(0, colon);
    if (host.empty()) return "empty host";
    if (host.find_first_of(" <>^|") != std::string_view::npos) return "invalid international domain name";
    if (colon != std::string_view::npos && !is_port(authority.substr(colon + 1))) return "invalid port number";
    return std::nullopt;
}

}  // namespace

std::optional<std::string_view> url_fault(std::string_view url) {
    while (!url.empty() && static_cast<unsigned char>(url.front()) <= ' ') url.remove_prefix(1);
    const std::optional<std::string_view> scheme = scheme_of(url);
    if (!scheme) return "relative URL without a base";
    if (!needs_host(*scheme)) return std::nullopt;
    std::string_view rest = url.substr(scheme->size() + 1);
    rest.remove_prefix(std::min(rest.find_first_not_of("/\\"), rest.size()));
    return authority_fault(rest.substr(0, rest.find_first_of("/\\?#")));
}

}  // namespace miroir::protocol
