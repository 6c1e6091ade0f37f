#include "server/replies.h"

#include "json/write.h"

namespace miroir::server {

http::Reply json_text_reply(int status, std::string text) {
    http::Reply reply;
    reply.status = status;
    reply.headers.add("content-type", "application/json");
    reply.body = std::move(text);
    return reply;
}

http::Reply json_reply(int status, const json::Value& value) { return json_text_reply(status, json::to_text(value)); }

http::Reply empty_reply(int status) {
    http::Reply reply;
    reply.status = status;
    return reply;
}

json::Value error_body(const Error& error) {
    const ErrorRow& row = error_row(error.code);
    json::Object body;
    body.append("message", error.message);
    body.append("code", row.wire);
    body.append("type", error_type_name(row.type));
    body.append("link", error_link(error.code));
    return body;
}

http::Reply error_reply(const Error& error) {
    http::Reply reply = json_reply(error.http_status(), error_body(error));
    if (reply.status == 503) reply.headers.add("retry-after", "10");
    return reply;
}

}  // namespace miroir::server
