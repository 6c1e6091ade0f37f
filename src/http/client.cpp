#include "http/client.h"

#include <charconv>

namespace miroir::http {

std::string Address::text() const {
    const bool v6 = host.find(':') != std::string::npos;
    return std::string(tls ? "https://" : "http://") + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<Address> parse_address(std::string_view url) {
    Address out;
    std::string_view rest = url;
    if (rest.starts_with("https://")) out.tls = true;
    else if (!rest.starts_with("http://"))
        return fail(ErrorCode::MiroirInvalidRequest, "an address begins with http:// or https://");
    rest.remove_prefix(out.tls ? 8 : 7);
    if (rest.ends_with('/')) rest.remove_suffix(1);
    std::string_view port;
    if (rest.starts_with('[')) {
        const std::size_t close = rest.find(']');
        if (close == std::string_view::npos)
            return fail(ErrorCode::MiroirInvalidRequest, "the bracket of the address is not closed");
        out.host = rest.substr(1, close - 1);
        rest.remove_prefix(close + 1);
        if (rest.starts_with(':')) port = rest.substr(1);
        else if (!rest.empty())
            return fail(ErrorCode::MiroirInvalidRequest, "nothing but a port may follow the bracket");
    } else {
        const std::size_t colon = rest.find(':');
        out.host = rest.substr(0, colon);
        if (colon != std::string_view::npos) port = rest.substr(colon + 1);
    }
    if (out.host.empty() || out.host.find_first_of("/?#@ ") != std::string::npos) {
        return fail(ErrorCode::MiroirInvalidRequest, "the address has no usable host name");
    }
    out.port = out.tls ? 443 : 80;
    if (!port.empty()) {
        const auto read = std::from_chars(port.data(), port.data() + port.size(), out.port);
        if (read.ec != std::errc() || read.ptr != port.data() + port.size() || out.port == 0) {
            return fail(ErrorCode::MiroirInvalidRequest, "the port is a number from 1 to 65535");
        }
    }
    return out;
}

Result<Url> parse_url(std::string_view url) {
    const std::size_t scheme = url.find("://");
    const std::size_t path = scheme == std::string_view::npos ? scheme : url.find_first_of("/?#", scheme + 3);
    Url out;
    MIROIR_TRY(out.address, parse_address(url.substr(0, path)));
    if (path == std::string_view::npos) return out;
    const std::string_view rest = url.substr(path, url.find('#', path) - path);
    if (rest.find_first_of(" \t\r\n") != std::string_view::npos)
        return fail(ErrorCode::MiroirInvalidRequest, "the path of the address has white space in it");
    out.target = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
    return out;
}

}  // namespace miroir::http
