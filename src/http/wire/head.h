// The head of an HTTP/1.x message, read strictly: what two readers could understand in two ways is refused.
// Pure. A head is everything up to and including the empty line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace miroir::wire {

// How the end of a body is known.
struct Framing {
    bool chunked = false;
    std::optional<std::uint64_t> length;  // neither: no body in a request, until the end of the stream in a reply
};

struct RequestHead {
    std::string method;
    std::string target;
    http::Headers headers;
    Framing framing;
    bool keep_alive = true;
    bool chunks_understood = true;  // HTTP/1.1
    bool expects_continue = false;
};

struct ReplyHead {
    int status = 0;
    http::Headers headers;
    Framing framing;
    bool keep_alive = true;
};

// Refused with BadRequest: bare CR or LF, folded lines, NUL and other control characters, a space before the colon,
// names that are no tokens, any Content-Length that is not plain digits, two of them, one beside Transfer-Encoding,
// any transfer coding but `chunked`, no Host or two, targets that do not begin with `/` (but for `OPTIONS *`), and
// every version but 1.0 and 1.1. A target in absolute form (`http://h/a`) is taken where its host is that of the Host
// header, and is the same as `/a`.
Result<RequestHead> parse_request_head(std::string_view head);
Result<void> check_head(std::string_view head);

// A head that is not there yet whole: refused as soon as its first line shows that it is none.
Result<void> check_beginning(std::string_view bytes);

// The same strictness towards a server, as MiroirNodeBadReply.
Result<ReplyHead> parse_reply_head(std::string_view head);

// Where the head ends (one past the empty line, or past a line that is malformed already); npos: not there yet. A
// caller who has seen `n` bytes without an end goes on from n.
std::size_t find_head_end(std::string_view bytes, std::size_t from = 0);

bool is_token(std::string_view text);
bool is_field_value(std::string_view text);  // no control characters but tab

}  // namespace miroir::wire
