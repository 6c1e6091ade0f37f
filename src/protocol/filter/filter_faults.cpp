// The engine's sentences for what cannot be read as a filter.
#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "protocol/filter/filter_lexer.h"
#include "protocol/utf8.h"

namespace miroir::protocol::filter_grammar {

namespace {

constexpr std::array<std::string_view, 4> kVectorParts = {"fragments", "userProvided", "documentTemplate",
                                                          "regenerate"};

bool is_printable(char32_t c) {
    if (c == ' ') return true;
    switch (u_charType(static_cast<UChar32>(c))) {
        case U_CONTROL_CHAR:
        case U_FORMAT_CHAR:
        case U_SURROGATE:
        case U_PRIVATE_USE_CHAR:
        case U_UNASSIGNED:
        case U_LINE_SEPARATOR:
        case U_PARAGRAPH_SEPARATOR:
        case U_SPACE_SEPARATOR: return false;
        default: return true;
    }
}

// As Rust shows a text for debugging: quotes, line ends and what cannot be seen are escaped.
std::string escaped(std::string_view text) {
    std::string out;
    bool first = true;
    while (!text.empty()) {
        const Utf8Char c = utf8_char(text);
        switch (c.point) {
            case 0: out += "\\0"; break;
            case '\t': out += "\\t"; break;
            case '\r': out += "\\r"; break;
            case '\n': out += "\\n"; break;
            case '\'':
            case '"':
            case '\\':
                out += '\\';
                out += static_cast<char>(c.point);
                break;
            default: {
                const bool extends = first && u_hasBinaryProperty(static_cast<UChar32>(c.point), UCHAR_GRAPHEME_EXTEND);
                if (is_printable(c.point) && !extends) {
                    out.append(text.substr(0, c.bytes));
                    break;
                }
                char hex[16];
                const auto end = std::to_chars(hex, hex + sizeof hex, static_cast<std::uint32_t>(c.point), 16).ptr;
                out.append("\\u{").append(hex, end).append("}");
            }
        }
        first = false;
        text.remove_prefix(c.bytes);
    }
    return out;
}

std::size_t char_count(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// Two edits, a swap of neighbours being one.
bool within_two_edits(std::string_view a, std::string_view b) {
    if (a.size() > b.size() + 2 || b.size() > a.size() + 2) return false;
    std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            cost[i][j] =
                std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
            }
        }
    }
    return cost[a.size()][b.size()] <= 2;
}

std::string unknown_vector_part(const Fault& fault) {
    const std::string& word = fault.word;
    if (word == ".") {
        return "Was expecting one of `.fragments`, `.userProvided`, `.documentTemplate`, `.regenerate` or nothing, but "
               "instead found a point without a valid value.";
    }
    if (!fault.name.empty()) {
        return "Vector filter can only accept one of `fragments`, `userProvided`, `documentTemplate` or `regenerate`, "
               "but found both `" +
               std::string(fault.name) + "` and `" + word + "`.";
    }
    if (std::ranges::find(kVectorParts, word) != kVectorParts.end()) return "Was expecting this part to be unquoted.";
    std::string text =
        "Was expecting one of `fragments`, `userProvided`, `documentTemplate`, `regenerate` or nothing, but instead "
        "found `" +
        word + "`.";
    for (const std::string_view part : kVectorParts) {
        if (within_two_edits(word, part)) return text + " Did you mean `" + std::string(part) + "`?";
    }
    return text;
}

constexpr std::string_view kOperations =
    "Was expecting an operation `=`, `!=`, `>=`, `>`, `<=`, `<`, `IN`, `NOT IN`, `TO`, `EXISTS`, `NOT EXISTS`, "
    "`IS NULL`, `IS NOT NULL`, `IS EMPTY`, `IS NOT EMPTY`, `CONTAINS`, `NOT CONTAINS`, `STARTS WITH`, "
    "`NOT STARTS WITH`, `_geoRadius`, `_geoBoundingBox` or `_geoPolygon` ";

std::string geo_sentence(const Fault& fault) {
    switch (fault.kind) {
        case FaultKind::ReservedGeo:
            return "`" + std::string(fault.name) +
                   "` is a reserved keyword and thus can't be used as a filter expression. Use the "
                   "`_geoRadius(latitude, longitude, distance)` or `_geoBoundingBox([latitude, longitude], [latitude, "
                   "longitude])` built-in rules to filter on `_geo` coordinates.";
        case FaultKind::GeoRadius:
            return "The `_geoRadius` filter must be in the form: `_geoRadius(latitude, longitude, radius, "
                   "optionalResolution)`.";
        case FaultKind::GeoRadiusArgumentCount:
            return "Was expecting 3 or 4 arguments for `_geoRadius`, but instead found " + std::to_string(fault.count) +
                   ".";
        case FaultKind::GeoBoundingBox:
            return "The `_geoBoundingBox` filter expects two pairs of arguments: `_geoBoundingBox([latitude, "
                   "longitude], [latitude, longitude])`.";
        case FaultKind::GeoPolygon:
            return "The `_geoPolygon` filter doesn't match the expected format: `_geoPolygon([latitude, longitude], "
                   "[latitude, longitude])`.";
        case FaultKind::GeoPolygonNotEnoughPoints:
            return "The `_geoPolygon` filter expects at least 3 points but only " + std::to_string(fault.count) +
                   " were specified";
        case FaultKind::GeoCoordinatesNotPair:
            return "Was expecting 2 coordinates but instead found " + std::to_string(fault.count) + ".";
        case FaultKind::MisusedGeoRadius:
            return "The `_geoRadius` filter is an operation and can't be used as a value.";
        case FaultKind::MisusedGeoBoundingBox:
            return "The `_geoBoundingBox` filter is an operation and can't be used as a value.";
        default: return {};
    }
}

std::string vector_sentence(const Fault& fault) {
    switch (fault.kind) {
        case FaultKind::VectorLeftover: return "The vector filter has leftover tokens.";
        case FaultKind::VectorInvalidQuotes: return "The quotes in one of the values are inconsistent.";
        case FaultKind::VectorMissingEmbedder: return "Was expecting embedder name but found nothing.";
        case FaultKind::VectorInvalidEmbedder: return "The vector filter's embedder name is invalid.";
        case FaultKind::VectorMissingFragment: return "The vector filter is missing a fragment name.";
        case FaultKind::VectorInvalidFragment: return "The vector filter's fragment name is invalid.";
        case FaultKind::VectorUnknownSuffix: return unknown_vector_part(fault);
        case FaultKind::VectorOperation:
            return "Was expecting an operation like `EXISTS` or `NOT EXISTS` after the vector filter.";
        default: return {};
    }
}

std::string sentence(const Fault& fault) {
    const std::string_view shown = fault.context.text;
    const std::string text = escaped(shown);
    const bool nothing = is_blank_text(shown);
    switch (fault.kind) {
        case FaultKind::ExpectedValue:
        case FaultKind::ExpectedKeyword:
            if (nothing) return "Was expecting a value but instead got nothing.";
            if (fault.kind == FaultKind::ExpectedValue) return "Was expecting a value but instead got `" + text + "`.";
            return "Was expecting a value but instead got `" + text + "`, which is a reserved keyword. To use `" +
                   text + "` as a field name or a value, surround it by quotes.";
        case FaultKind::MalformedValue: return "Malformed value: `" + text + "`.";
        case FaultKind::MissingClosingDelimiter:
            return "Expression `" + text + "` is missing the following closing delimiter: `" + fault.letter + "`.";
        case FaultKind::InvalidPrimary:
            return std::string(kOperations) + (nothing ? "but instead got nothing." : "at `" + text + "`.");
        case FaultKind::InvalidEscapedNumber: return "Found an invalid escaped sequence number: `" + text + "`.";
        case FaultKind::ExpectedEof:
            return "Found unexpected characters at the end of the filter: `" + text +
                   "`. You probably forgot an `OR` or an `AND` rule.";
        case FaultKind::Incomplete:
            return "The filter is incomplete and requires Unknown additional bytes to be parsed.";
        case FaultKind::InOpeningBracket: return "Expected `[` after `IN` keyword.";
        case FaultKind::InClosingBracket: return "Expected matching `]` after the list of field names given to `IN[`";
        case FaultKind::InExpectedValue:
            return "Expected only comma-separated field names inside `IN[..]` but instead found `" + text + "`.";
        case FaultKind::DepthLimitReached:
            return "The filter exceeded the maximum depth limit. Try rewriting the filter so that it contains fewer "
                   "nested conditions.";
        case FaultKind::Foreign:
            return "Was expecting a field name and an condition inside `_foreign(..)` filter but instead found `" +
                   text + "`.";
        default: break;
    }
    if (std::string geo = geo_sentence(fault); !geo.empty()) return geo;
    return vector_sentence(fault);
}

}  // namespace

bool is_blank_text(std::string_view text) {
    while (!text.empty()) {
        const Utf8Char c = utf8_char(text);
        if (u_hasBinaryProperty(static_cast<UChar32>(c.point), UCHAR_WHITE_SPACE) == 0) return false;
        text.remove_prefix(c.bytes);
    }
    return true;
}

std::string fault_text(const Fault& fault) {
    const std::size_t column = fault.context.column();
    return sentence(fault) + "\n" + std::to_string(column) + ":" +
           std::to_string(column + char_count(fault.context.text)) + " " + *fault.context.origin->shown;
}

}  // namespace miroir::protocol::filter_grammar

namespace miroir::protocol {

std::string FilterToken::refusal(std::string_view sentence) const {
    const std::size_t length = filter_grammar::char_count(original);
    return std::string(sentence) + "\n" + std::to_string(column) + ":" + std::to_string(column + length) + " " +
           (source ? *source : std::string());
}

}  // namespace miroir::protocol
