// The small parts of the filter language: spans of an expression, what went wrong in one, words, quoted texts and
// values. Private to this folder. A function that takes `Span& in` moves it only when it succeeds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "protocol/filter/filter.h"

namespace miroir::protocol::filter_grammar {

// What a span is part of: columns count from `whole`, messages show `shown`.
struct Origin {
    std::string_view whole;
    std::shared_ptr<const std::string> shown;
    // Where the last column was counted, so that counting forward stays linear.
    mutable std::size_t counted_bytes = 0;
    mutable std::size_t counted_column = 1;
};

struct Span {
    std::string_view text;
    const Origin* origin = nullptr;

    bool empty() const { return text.empty(); }
    Span head(std::size_t bytes) const { return {text.substr(0, bytes), origin}; }
    void drop(std::size_t bytes) { text.remove_prefix(bytes); }
    std::size_t column() const;
};

enum class FaultKind : std::uint8_t {
    Foreign,
    ReservedGeo,
    GeoRadius,
    GeoRadiusArgumentCount,
    GeoBoundingBox,
    GeoPolygon,
    GeoPolygonNotEnoughPoints,
    GeoCoordinatesNotPair,
    MisusedGeoRadius,
    MisusedGeoBoundingBox,
    VectorLeftover,
    VectorInvalidQuotes,
    VectorMissingEmbedder,
    VectorInvalidEmbedder,
    VectorMissingFragment,
    VectorInvalidFragment,
    VectorUnknownSuffix,
    VectorOperation,
    InvalidPrimary,
    InvalidEscapedNumber,
    ExpectedEof,
    Incomplete,
    ExpectedValue,
    ExpectedKeyword,
    MalformedValue,
    InOpeningBracket,
    InClosingBracket,
    InExpectedValue,
    MissingClosingDelimiter,
    Char,
    Other,
    DepthLimitReached
};

// Try: another reading may still fit. Final: none will. Incomplete: the text ends inside an escape; final as well.
enum class FaultLevel : std::uint8_t { Try, Final, Incomplete };

struct Fault {
    FaultLevel level = FaultLevel::Try;
    FaultKind kind = FaultKind::Other;
    Span context{};
    char letter = 0;          // Char, MissingClosingDelimiter
    std::size_t count = 0;    // arguments or coordinates found
    std::string_view name{};  // ReservedGeo; VectorUnknownSuffix: the part before it
    std::string word{};       // VectorUnknownSuffix

    bool is_try() const { return level == FaultLevel::Try; }
};

template <class T>
using Parsed = std::expected<T, Fault>;

inline std::unexpected<Fault> fault(FaultKind kind, Span context) {
    return std::unexpected(Fault{.kind = kind, .context = context});
}
inline std::unexpected<Fault> final_fault(FaultKind kind, Span context) {
    return std::unexpected(Fault{.level = FaultLevel::Final, .kind = kind, .context = context});
}
// A Try becomes Final; the rest stays.
template <class T>
Parsed<T> cut(Parsed<T> parsed) {
    if (!parsed && parsed.error().is_try()) parsed.error().level = FaultLevel::Final;
    return parsed;
}
// Any fault but Incomplete becomes Final of this kind, about the same place.
template <class T>
Parsed<T> cut_as(Parsed<T> parsed, FaultKind kind) {
    if (!parsed && parsed.error().level != FaultLevel::Incomplete) return final_fault(kind, parsed.error().context);
    return parsed;
}

// Only white space, or nothing.
bool is_blank_text(std::string_view text);

// The sentence and the place, as the engine prints them.
std::string fault_text(const Fault& fault);

FilterToken token_of(Span span);

void skip_space(Span& in);      // blank, tab, line ends
Parsed<void> space1(Span& in);  // at least one of them
bool take_tag(Span& in, std::string_view tag);
Parsed<void> expect_char(Span& in, char letter);
Parsed<Span> word(Span& in);  // letters, digits, _ - .
Parsed<Span> exact_word(Span& in, std::string_view word);
Parsed<Span> float_word(Span& in);

Parsed<FilterToken> value(Span& in);
// A name inside `_vectors.…`: a word without dots, or quoted.
Parsed<FilterToken> vector_value(Span& in);

// `_geoRadius(…)` and its like; also asked by value(), to tell their misuse.
Parsed<Filter> geo_radius(Span& in);
Parsed<Filter> geo_bounding_box(Span& in);
Parsed<Filter> geo_polygon(Span& in);
// Final when the text begins with one of the names that cannot be used in filters.
Parsed<void> refuse_reserved_geo(Span in);

Parsed<Filter> vectors_exist(Span& in);

}  // namespace miroir::protocol::filter_grammar
