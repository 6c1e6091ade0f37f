// Heads of requests and replies. What is taken must be free of everything that a second reader could take differently,
// and must read the same when it is written out anew.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/wire/head.h"

namespace {

using namespace miroir;

void must(bool holds) {
    if (!holds) std::abort();
}

std::string written_anew(const wire::RequestHead& head) {
    std::string out = head.method + " " + head.target + (head.chunks_understood ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
    for (const auto& [name, value] : head.headers) out += name + ": " + value + "\r\n";
    return out + "\r\n";
}

int times(const http::Headers& headers, std::string_view name) {
    int out = 0;
    for (const auto& field : headers) out += http::same_name(field.first, name) ? 1 : 0;
    return out;
}

void check_request(std::string_view bytes) {
    const Result<wire::RequestHead> head = wire::parse_request_head(bytes);
    must(wire::check_head(bytes).has_value() == head.has_value());
    if (!head) {
        must(head.error().code == ErrorCode::BadRequest);
        return;
    }
    must(wire::find_head_end(bytes) == bytes.size());
    must(wire::check_beginning(bytes).has_value());
    must(wire::is_token(head->method));
    must(head->target == "*" || head->target.starts_with('/'));
    must(head->target.find_first_of(" \r\n\t#") == std::string::npos);
    const int lengths = times(head->headers, "content-length");
    const int codings = times(head->headers, "transfer-encoding");
    must(lengths + codings <= 1);
    must((lengths == 1) == head->framing.length.has_value());
    must((codings == 1) == head->framing.chunked);
    must(times(head->headers, "host") <= 1);
    for (const auto& [name, value] : head->headers) {
        must(wire::is_token(name) && wire::is_field_value(value));
        must(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    }
    const Result<wire::RequestHead> again = wire::parse_request_head(written_anew(*head));
    must(again && again->target == head->target && again->headers.size() == head->headers.size());
    must(again->framing.length == head->framing.length && again->keep_alive == head->keep_alive);
}

void check_end(std::string_view bytes) {
    const std::size_t end = wire::find_head_end(bytes);
    for (std::size_t cut = 0; cut < bytes.size(); cut += 1 + bytes.size() / 16) {
        const std::size_t early = wire::find_head_end(bytes.substr(0, cut));
        must(early == (end <= cut ? end : std::string_view::npos));
        if (early == std::string_view::npos) must(wire::find_head_end(bytes, cut) == end);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    check_request(bytes);
    check_end(bytes);
    if (const auto reply = wire::parse_reply_head(bytes)) {
        must(reply->status >= 100 && reply->status <= 999);
        must(!(reply->framing.chunked && reply->framing.length));
    }
    return 0;
}
