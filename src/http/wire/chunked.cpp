#include "http/wire/chunked.h"

namespace miroir::wire {
namespace {

constexpr std::uint32_t kLongestSize = 15;  // hex digits: no overflow, more than any body
constexpr std::uint32_t kMaxExtension = 256;
constexpr std::uint32_t kMaxTrailers = 8 << 10;

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < ' ' && c != '\t') || byte == 0x7F;
}

std::unexpected<Error> bad(const char* message) { return fail(ErrorCode::BadRequest, message); }

}  // namespace

Result<std::string_view> ChunkedReader::take(std::string_view& in) {
    while (!in.empty() && state_ != State::Done) {
        if (state_ == State::Body) {
            const std::string_view body =
                in.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size())));
            in.remove_prefix(body.size());
            left_ -= body.size();
            if (left_ == 0) state_ = State::BodyCr;
            return body;
        }
        const char c = in.front();
        in.remove_prefix(1);
        MIROIR_CHECK(step(c));
    }
    return std::string_view();
}

Result<void> ChunkedReader::step(char c) {
    switch (state_) {
        case State::Size:
        case State::Extension: return step_size(c);
        case State::SizeEnd:
            if (c != '\n') return bad("A chunk's size line has a bare carriage return.");
            digits_ = overhead_ = 0;
            state_ = left_ == 0 ? State::Trailer : State::Body;
            return {};
        case State::BodyCr:
            if (c != '\r') return bad("A chunk is longer than its size.");
            state_ = State::BodyLf;
            return {};
        case State::BodyLf:
            if (c != '\n') return bad("A chunk does not end in a line end.");
            state_ = State::Size;
            return {};
        default: return step_trailer(c);
    }
}

Result<void> ChunkedReader::step_size(char c) {
    if (c == '\r') {
        if (digits_ == 0) return bad("A chunk has no size.");
        state_ = State::SizeEnd;
        return {};
    }
    if (state_ == State::Size) {
        if (const int digit = hex_digit(c); digit >= 0) {
            if (++digits_ > kLongestSize) return bad("A chunk's size is too large.");
            left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
            return {};
        }
        if (digits_ == 0 || c != ';') return bad("A chunk's size is not a hexadecimal number.");
        state_ = State::Extension;
    }
    if (is_control(c)) return bad("A chunk's extension has a control character.");
    if (++overhead_ > kMaxExtension) return bad("A chunk's extension is too long.");
    return {};
}

Result<void> ChunkedReader::step_trailer(char c) {
    if (++overhead_ > kMaxTrailers) return bad("The trailers are too long.");
    switch (state_) {
        case State::Trailer:
            if (c == '\r') state_ = State::LastEnd;
            else if (is_control(c) || c == ' ' || c == '\t' || c == ':') return bad("A trailer is malformed.");
            else state_ = State::TrailerLine;
            return {};
        case State::TrailerLine:
            if (c == '\r') state_ = State::TrailerEnd;
            else if (is_control(c)) return bad("A trailer has a control character.");
            return {};
        case State::TrailerEnd:
            if (c != '\n') return bad("A trailer has a bare carriage return.");
            state_ = State::Trailer;
            return {};
        default:
            if (c != '\n') return bad("The chunked body has a bare carriage return at its end.");
            state_ = State::Done;
            return {};
    }
}

}  // namespace miroir::wire
