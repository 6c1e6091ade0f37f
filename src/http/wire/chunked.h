// Reads a chunked body from bytes that come in any portions. Strict about sizes and line ends; extensions and trailers
// are skipped, within bounds. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace miroir::wire {

class ChunkedReader {
public:
    // Takes bytes off the front of `in` and gives the next run of body bytes, a view into `in`. An empty view: either
    // done(), or all of `in` was taken and more is needed. A malformed body is BadRequest.
    Result<std::string_view> take(std::string_view& in);
    bool done() const { return state_ == State::Done; }

private:
    enum class State : std::uint8_t {
        Size,
        Extension,
        SizeEnd,
        Body,
        BodyCr,
        BodyLf,
        Trailer,
        TrailerLine,
        TrailerEnd,
        LastEnd,
        Done
    };

    Result<void> step(char c);
    Result<void> step_size(char c);
    Result<void> step_trailer(char c);

    State state_ = State::Size;
    std::uint64_t left_ = 0;      // of this chunk
    std::uint32_t digits_ = 0;    // of this size
    std::uint32_t overhead_ = 0;  // bytes of one extension, or of all trailers
};

}  // namespace miroir::wire
