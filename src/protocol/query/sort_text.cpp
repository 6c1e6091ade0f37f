#include "protocol/query/sort_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "protocol/coordinates.h"

namespace miroir::protocol {
namespace {

constexpr std::string_view kPoint = "_geoPoint(";
constexpr std::string_view kUseRule =
    " Use the _geoPoint(latitude, longitude) built-in rule to sort on _geo field coordinates.";

std::optional<double> coordinate(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\n\r\v\f");
    if (first == std::string_view::npos) return std::nullopt;
    text = text.substr(first, text.find_last_not_of(" \t\n\r\v\f") - first + 1);
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string bad_point(std::string_view name) {
    return "Invalid syntax for the geo parameter: expected expression formated like `_geoPoint(latitude, longitude)` "
           "and ending by `:asc` or `:desc`, found `" +
           std::string(name) + "`.";
}

std::string reserved_word(std::string_view name) {
    if (name.starts_with("_geoPoint")) return bad_point(name);
    std::string_view word = name;
    for (const std::string_view call : {"_geoRadius", "_geoBoundingBox"}) {
        if (name.starts_with(call)) word = call;
    }
    std::string text = "`" + std::string(word) + "` is a reserved keyword and thus can't be used as a sort expression.";
    if (name == "_geo" || word.size() != name.size() || word == "_geoRadius" || word == "_geoBoundingBox")
        text += kUseRule;
    return text;
}

bool is_reserved_word(std::string_view name) {
    static constexpr std::array<std::string_view, 5> kWords{"_geo", "_geoDistance", "_geoPoint", "_geoRadius",
                                                            "_geoBoundingBox"};
    static constexpr std::array<std::string_view, 4> kCalls{"_geoRadius(", "_geoBoundingBox(", "_geo(",
                                                            "_geoDistance("};
    return std::ranges::find(kWords, name) != kWords.end() ||
           std::ranges::any_of(kCalls, [&](std::string_view call) { return name.starts_with(call); });
}

Result<SortMember::Point> read_point(std::string_view name, ErrorCode code) {
    const std::string_view inner = name.substr(kPoint.size(), name.size() - kPoint.size() - 1);
    const std::size_t comma = inner.find(',');
    if (comma == std::string_view::npos) return fail(code, bad_point(name));
    const auto lat = coordinate(inner.substr(0, comma));
    const auto lng = coordinate(inner.substr(comma + 1));
    if (!lat || !lng) return fail(code, bad_point(name));
    if (!(*lat >= -90.0 && *lat <= 90.0)) return fail(code, bad_latitude(*lat));
    if (!(*lng >= -180.0 && *lng <= 180.0)) return fail(code, bad_longitude(*lng));
    return SortMember::Point{.lat = *lat, .lng = *lng};
}

}  // namespace

Result<SortMember> read_sort_member(std::string_view text, ErrorCode code) {
    const std::size_t colon = text.rfind(':');
    const std::string_view way = colon == std::string_view::npos ? "" : text.substr(colon + 1);
    if (way != "asc" && way != "desc") {
        return fail(code,
                    "Invalid syntax for the sort parameter: expected expression ending by `:asc` or `:desc`, found `" +
                        std::string(text) + "`.");
    }
    SortMember member{.field = text.substr(0, colon), .point = {}, .ascending = way == "asc"};
    if (member.field.starts_with(kPoint) && member.field.ends_with(')')) {
        MIROIR_TRY(member.point, read_point(member.field, code));
        member.field = {};
    } else if (is_reserved_word(member.field)) {
        return fail(code, reserved_word(member.field));
    }
    return member;
}

}  // namespace miroir::protocol
