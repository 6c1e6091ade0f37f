#include "http/wire/head.h"

#include <algorithm>
#include <array>

namespace miroir::wire {
namespace {

using std::string_view;

constexpr std::array<bool, 256> kToken = [] {
    std::array<bool, 256> table{};
    for (int c = '0'; c <= '9'; ++c) table[c] = true;
    for (int c = 'a'; c <= 'z'; ++c) table[c] = table[c - 32] = true;
    for (const char c : string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
    return table;
}();

constexpr std::array<bool, 256> kValue = [] {
    std::array<bool, 256> table{};
    for (int c = 0x20; c < 256; ++c) table[c] = c != 0x7F;
    table['\t'] = true;
    return table;
}();

std::unexpected<Error> bad(std::string message) { return fail(ErrorCode::BadRequest, std::move(message)); }

// One line without its CRLF, taken off the front. The text has been cut at an empty line, so an end is always there.
Result<string_view> take_line(string_view& rest) {
    const std::size_t end = rest.find('\n');
    if (end == string_view::npos) return bad("The head of the message does not end.");
    if (end == 0 || rest[end - 1] != '\r') return bad("A line of the head ends in a bare line feed.");
    const string_view line = rest.substr(0, end - 1);
    rest.remove_prefix(end + 1);
    return line;
}

string_view trim(string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

Result<std::uint64_t> read_length(string_view text) {
    constexpr std::size_t kDigits = 18;  // far beyond any disk, far below overflow
    if (text.empty() || text.size() > kDigits) return bad("The Content-Length is not a usable number.");
    std::uint64_t out = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return bad("The Content-Length has other characters than digits.");
        out = out * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return out;
}

// What the fields say about the message itself, gathered while they are read.
struct Seen {
    Framing framing;
    int transfer_encodings = 0;
    int hosts = 0;
    bool close = false;
    bool keep_alive = false;
    bool expects_continue = false;
};

void read_connection(string_view value, Seen& seen) {
    while (!value.empty()) {
        const std::size_t comma = value.find(',');
        const string_view word = trim(value.substr(0, comma));
        if (http::same_name(word, "close")) seen.close = true;
        if (http::same_name(word, "keep-alive")) seen.keep_alive = true;
        if (comma == string_view::npos) return;
        value.remove_prefix(comma + 1);
    }
}

bool is_host(string_view value) {
    return std::ranges::all_of(value, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte > ' ' && byte < 0x7F && c != '/' && c != '@' && c != ',';
    });
}

Result<void> read_meaning(string_view name, string_view value, Seen& seen) {
    switch (name.size()) {  // most names are told apart by their length alone
        case 4:
            if (http::same_name(name, "host")) {
                ++seen.hosts;
                if (!is_host(value)) return bad("The Host header is not a host.");
            }
            break;
        case 6:
            if (http::same_name(name, "expect")) seen.expects_continue = http::same_name(value, "100-continue");
            break;
        case 10:
            if (http::same_name(name, "connection")) read_connection(value, seen);
            break;
        case 14:
            if (http::same_name(name, "content-length")) {
                if (seen.framing.length) return bad("There is more than one Content-Length.");
                MIROIR_TRY(seen.framing.length, read_length(value));
            }
            break;
        case 17:
            if (http::same_name(name, "transfer-encoding")) {
                ++seen.transfer_encodings;
                if (!http::same_name(value, "chunked")) return bad("The only transfer coding taken is chunked.");
                seen.framing.chunked = true;
            }
            break;
        default: break;
    }
    return {};
}

Result<void> read_field(string_view line, http::Headers& headers, Seen& seen) {
    if (line.front() == ' ' || line.front() == '\t') return bad("A header is folded over two lines.");
    const std::size_t colon = line.find(':');
    if (colon == string_view::npos) return bad("A header has no colon.");
    const string_view name = line.substr(0, colon);
    if (!is_token(name))
        return bad("A header has a character in its name, or a space before its colon, that must not be there.");
    const string_view value = trim(line.substr(colon + 1));
    if (!is_field_value(value)) return bad("A header has a control character in its value.");
    MIROIR_CHECK(read_meaning(name, value, seen));
    headers.add(std::string(name), std::string(value));
    return {};
}

Result<void> read_fields(string_view rest, http::Headers& headers, Seen& seen) {
    for (;;) {
        MIROIR_TRY(const string_view line, take_line(rest));
        if (line.empty()) break;
        MIROIR_CHECK(read_field(line, headers, seen));
    }
    if (!rest.empty()) return bad("Something follows the end of the head.");
    if (seen.transfer_encodings > 1) return bad("There is more than one Transfer-Encoding.");
    if (seen.framing.chunked && seen.framing.length)
        return bad("There is a Content-Length beside a Transfer-Encoding.");
    return {};
}

Result<void> check_target(string_view method, string_view target) {
    if (target == "*" && method == "OPTIONS") return {};
    if (!target.starts_with('/')) return bad("The request target must begin with a slash.");
    for (const char c : target) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte <= ' ' || byte >= 0x7F || c == '#')
            return bad("The request target has a character that must not be there.");
    }
    return {};
}

// 1 for HTTP/1.1, 0 for HTTP/1.0.
Result<int> read_version(string_view version) {
    if (version == "HTTP/1.1") return 1;
    if (version == "HTTP/1.0") return 0;
    return bad("The protocol is neither HTTP/1.1 nor HTTP/1.0.");
}

struct RequestLine {
    string_view method;
    string_view target;
    std::optional<string_view> authority{};  // of a target in absolute form; `target` is what stands behind it
    int minor = 1;
};

// `http://h/a` is `/a`, asked of `h`: proxies are asked like that, and every server has to understand it.
Result<void> read_absolute_form(RequestLine& line) {
    const std::size_t scheme = line.target.find("://");
    if (scheme == string_view::npos) return {};
    const string_view name = line.target.substr(0, scheme);
    if (!http::same_name(name, "http") && !http::same_name(name, "https")) return {};
    const string_view rest = line.target.substr(scheme + 3);
    const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
    line.authority = rest.substr(0, end);
    if (line.authority->empty() || !is_host(*line.authority)) return bad("The request target is not on a host.");
    line.target = end == rest.size() ? string_view("/") : rest.substr(end);
    return {};
}

Result<RequestLine> read_request_line(string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t second = first == string_view::npos ? first : line.find(' ', first + 1);
    if (second == string_view::npos) return bad("The request line is not a method, a target and a version.");
    RequestLine out{.method = line.substr(0, first), .target = line.substr(first + 1, second - first - 1)};
    constexpr std::size_t kLongestMethod = 32;
    if (!is_token(out.method) || out.method.size() > kLongestMethod) return bad("The request method is not a word.");
    MIROIR_TRY(out.minor, read_version(line.substr(second + 1)));
    MIROIR_CHECK(read_absolute_form(out));
    MIROIR_CHECK(check_target(out.method, out.target));
    return out;
}

}  // namespace

bool is_token(string_view text) {
    for (const char c : text) {
        if (!kToken[static_cast<unsigned char>(c)]) return false;
    }
    return !text.empty();
}

bool is_field_value(string_view text) {
    for (const char c : text) {
        if (!kValue[static_cast<unsigned char>(c)]) return false;
    }
    return true;
}

std::size_t find_head_end(string_view bytes, std::size_t from) {
    // A bare line feed ends the wait too, so that the strict reading refuses it now and not after a timeout.
    for (std::size_t at = bytes.find('\n', from); at != string_view::npos; at = bytes.find('\n', at + 1)) {
        if (at == 0 || bytes[at - 1] != '\r') return at + 1;
        if (at == 1 || (at >= 3 && bytes[at - 2] == '\n')) return at + 1;
    }
    return string_view::npos;
}

Result<RequestHead> parse_request_head(string_view head) {
    string_view rest = head;
    MIROIR_TRY(const string_view line, take_line(rest));
    MIROIR_TRY(const RequestLine first, read_request_line(line));
    const int minor = first.minor;
    RequestHead out{.method = std::string(first.method), .target = std::string(first.target)};
    Seen seen;
    MIROIR_CHECK(read_fields(rest, out.headers, seen));
    if (seen.hosts > 1) return bad("There is more than one Host header.");
    if (minor == 1 && seen.hosts == 0) return bad("There is no Host header.");
    if (first.authority && seen.hosts == 1 && !http::same_name(*first.authority, out.headers.get("host")))
        return bad("The Host header is not the host of the request target.");
    if (minor == 0 && seen.framing.chunked) return bad("HTTP/1.0 has no Transfer-Encoding.");
    out.framing = seen.framing;
    out.keep_alive = !seen.close && minor == 1;  // what HTTP/1.0 calls keep-alive was never written down firmly
    out.chunks_understood = minor == 1;
    out.expects_continue = seen.expects_continue && minor == 1;
    return out;
}

Result<void> check_head(string_view head) {
    if (const auto parsed = parse_request_head(head); !parsed) return fail(parsed.error());
    return {};
}

Result<void> check_beginning(string_view bytes) {
    if (bytes.find('\n') == string_view::npos) {
        // Letters of a method come first: a TLS greeting or other noise is known by its first byte.
        if (!bytes.empty() && !is_token(bytes.substr(0, 1))) return bad("The request does not begin with a method.");
        return {};
    }
    MIROIR_TRY(const string_view line, take_line(bytes));
    if (const auto read = read_request_line(line); !read) return fail(read.error());
    return {};
}

Result<ReplyHead> parse_reply_head(string_view head) {
    const auto read = [&]() -> Result<ReplyHead> {
        string_view rest = head;
        MIROIR_TRY(const string_view line, take_line(rest));
        MIROIR_TRY(const int minor, read_version(line.substr(0, 8)));
        const bool shaped = line.size() >= 12 && line[8] == ' ' && (line.size() == 12 || line[12] == ' ');
        if (!shaped || !is_field_value(line)) return bad("The status line is malformed.");
        ReplyHead out;
        for (const char c : line.substr(9, 3)) {
            if (c < '0' || c > '9') return bad("The status is not a number.");
            out.status = out.status * 10 + (c - '0');
        }
        if (out.status < 100) return bad("The status is out of range.");
        Seen seen;
        MIROIR_CHECK(read_fields(rest, out.headers, seen));
        out.framing = seen.framing;
        out.keep_alive = !seen.close && (minor == 1 || seen.keep_alive);
        return out;
    };
    Result<ReplyHead> out = read();
    if (!out) return fail(ErrorCode::MiroirNodeBadReply, std::move(out).error().message);
    return out;
}

}  // namespace miroir::wire
