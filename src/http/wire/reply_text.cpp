#include "http/wire/reply_text.h"

#include <charconv>

#include "http/wire/head.h"

namespace miroir::wire {
namespace {

std::string_view reason(int status) {
    switch (status) {
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 206: return "Partial Content";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 304: return "Not Modified";
        case 307: return "Temporary Redirect";
        case 308: return "Permanent Redirect";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 412: return "Precondition Failed";
        case 413: return "Payload Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 422: return "Unprocessable Entity";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 507: return "Insufficient Storage";
        default: return "Status";
    }
}

bool is_ours(std::string_view name) {
    return http::same_name(name, "content-length") || http::same_name(name, "transfer-encoding") ||
           http::same_name(name, "connection") || http::same_name(name, "keep-alive");
}

void append_number(std::string& out, std::size_t number, int base = 10) {
    char digits[24];
    out.append(digits, std::to_chars(digits, digits + sizeof(digits), number, base).ptr);
}

}  // namespace

BodyForm body_form(const http::Reply& reply, bool chunks_understood) {
    if (reply.status == 204 || reply.status == 304) return BodyForm::None;
    if (!reply.stream) return BodyForm::Length;
    return chunks_understood ? BodyForm::Chunked : BodyForm::UntilClose;
}

std::string reply_head(const http::Reply& reply, BodyForm form, bool keep_alive) {
    const bool usable = reply.status >= 200 && reply.status <= 999;  // a handler has no business with 1xx
    const int status = usable ? reply.status : 500;
    std::string out;
    out.reserve(256);
    out += "HTTP/1.1 ";
    append_number(out, static_cast<std::size_t>(status));
    out.append(" ").append(reason(status)).append("\r\n");
    for (const auto& [name, value] : reply.headers) {
        if (is_ours(name) || !is_token(name) || !is_field_value(value)) continue;
        out.append(name).append(": ").append(value).append("\r\n");
    }
    if (form == BodyForm::Length) {
        out += "content-length: ";
        append_number(out, reply.body.size());
        out += "\r\n";
    } else if (form == BodyForm::Chunked) {
        out += "transfer-encoding: chunked\r\n";
    }
    if (!keep_alive) out += "connection: close\r\n";
    out += "\r\n";
    return out;
}

std::string chunk_start(std::size_t bytes, bool first) {
    std::string out(first ? "" : "\r\n");
    append_number(out, bytes, 16);
    out += "\r\n";
    return out;
}

std::string_view last_chunk(bool first) { return first ? "0\r\n\r\n" : "\r\n0\r\n\r\n"; }

http::Reply refusal(int status, ErrorCode code, std::string_view message) {
    const ErrorRow& row = error_row(code);
    http::Reply out;
    out.status = status;
    out.headers.add("content-type", "application/json");
    out.body.append(R"({"message":")").append(message);
    out.body.append(R"(","code":")").append(row.wire);
    out.body.append(R"(","type":")").append(error_type_name(row.type));
    out.body.append(R"(","link":")").append(error_link(code)).append(R"("})");
    return out;
}

}  // namespace miroir::wire
