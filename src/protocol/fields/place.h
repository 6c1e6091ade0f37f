// Place: where in a body or a query string a value stands, in which words its faults are told and under which code.
// A Place refers to its parent: keep it on the stack, below the parent. The texts are the engine's, word for word.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "json/value.h"

namespace miroir::protocol {

enum class Format : std::uint8_t { Json, Query };

// In the order in which lists of expected kinds are told.
enum class Kind : std::uint8_t { Null, Boolean, Integer, NegativeInteger, Float, String, Sequence, Map };

class Place {
public:
    explicit Place(Format format = Format::Json, ErrorCode code = ErrorCode::BadRequest)
        : format_(format), code_(code) {}

    Place key(std::string_view key) const { return {this, key, 0, false, format_, code_}; }
    Place key(std::string_view key, ErrorCode code) const { return {this, key, 0, false, format_, code}; }
    Place at(std::size_t index) const { return {this, {}, index, true, format_, code_}; }
    Place with_code(ErrorCode code) const;

    Format format() const { return format_; }
    ErrorCode code() const { return code_; }

    // Each is one sentence of the engine:
    // "Invalid value type at `.limit`: expected a positive integer, but found a string: `\"a\"`"
    [[nodiscard]] std::unexpected<Error> wrong_kind(const json::Value& found,
                                                    std::initializer_list<Kind> expected) const;
    // "Invalid value at `.x`: <text>" / "Invalid value in parameter `x`: <text>"
    [[nodiscard]] std::unexpected<Error> unexpected(std::string_view text) const;
    // "Missing field `x` inside `.y`" / "Missing parameter `x`"
    [[nodiscard]] std::unexpected<Error> missing(std::string_view field) const;
    // "Unknown field `x`: did you mean `y`? expected one of `y`, `z`"
    [[nodiscard]] std::unexpected<Error> unknown_key(std::string_view key,
                                                     std::span<const std::string_view> known) const;
    [[nodiscard]] std::unexpected<Error> unknown_value(std::string_view value,
                                                       std::span<const std::string_view> known) const;

private:
    Place(const Place* parent, std::string_view key, std::size_t index, bool is_index, Format format, ErrorCode code)
        : parent_(parent), key_(key), index_(index), is_index_(is_index), format_(format), code_(code) {}

    std::string path() const;
    std::string described(std::string_view article) const;  // " at `.a[1]`", or nothing at the origin
    [[nodiscard]] std::unexpected<Error> unknown(std::string_view what, std::string_view word, std::string_view article,
                                                 std::span<const std::string_view> known) const;

    const Place* parent_ = nullptr;
    std::string_view key_;
    std::size_t index_ = 0;
    bool is_index_ = false;
    Format format_;
    ErrorCode code_;
};

// "did you mean `limit`? ", or nothing when no known word is near enough.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known);
// "`a`, `b`, `c`"
std::string quoted_list(std::span<const std::string_view> words);

}  // namespace miroir::protocol
