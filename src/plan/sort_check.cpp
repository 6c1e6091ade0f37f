// `sort` as text: "price:asc", "_geoPoint(48.8, 2.3):desc".
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "plan/read_checks.h"
#include "protocol/text_normal.h"

namespace miroir::plan {
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

std::string bad_longitude(double lng) {
    double turned = std::fmod(lng + 180.0, 360.0);
    if (turned < 0) turned += 360.0;
    return "Bad longitude `" + protocol::plain_number(lng) +
           "`. Longitude must be contained between -180 and 180 degrees. Hint: try using `" +
           protocol::plain_number(turned - 180.0) + "` instead.";
}

std::string bad_point(std::string_view name) {
    return "Invalid syntax for the geo parameter: expected expression formated like `_geoPoint(latitude, longitude)` "
           "and "
           "ending by `:asc` or `:desc`, found `" +
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

bool is_point(std::string_view member) { return member.starts_with(kPoint) && member.ends_with(')'); }

Result<void> check_member(std::string_view member, ErrorCode code) {
    if (!is_point(member))
        return is_reserved_word(member) ? Result<void>(fail(code, reserved_word(member))) : Result<void>();
    const std::string_view inner = member.substr(kPoint.size(), member.size() - kPoint.size() - 1);
    const std::size_t comma = inner.find(',');
    if (comma == std::string_view::npos) return fail(code, bad_point(member));
    const auto lat = coordinate(inner.substr(0, comma));
    const auto lng = coordinate(inner.substr(comma + 1));
    if (!lat || !lng) return fail(code, bad_point(member));
    if (!(*lat >= -90.0 && *lat <= 90.0)) {
        return fail(code, "Bad latitude `" + protocol::plain_number(*lat) +
                              "`. Latitude must be contained between -90 and 90 degrees.");
    }
    if (!(*lng >= -180.0 && *lng <= 180.0)) return fail(code, bad_longitude(*lng));
    return {};
}

std::string_view member_of(std::string_view text) { return text.substr(0, text.rfind(':')); }

// The first member that may not be sorted by; empty when all may.
std::string_view unsortable(const protocol::Settings& settings, const std::vector<std::string>& sort) {
    for (const std::string& text : sort) {
        const std::string_view member = is_point(member_of(text)) ? std::string_view("_geo") : member_of(text);
        const bool known = std::ranges::any_of(settings.sortable_attributes, [&](const std::string& name) {
            return protocol::is_nested_in(member, name);
        });
        if (!known) return member;
    }
    return {};
}

std::string refusal(const protocol::Settings& settings, std::string_view member, bool names_hidden) {
    std::string list;
    bool hidden = false;
    for (const std::string& name : settings.sortable_attributes) {
        const auto& displayed = settings.displayed_attributes;
        const bool shown = names_hidden || !displayed || std::ranges::find(*displayed, name) != displayed->end();
        if (shown) list += (list.empty() ? "" : ", ") + name;
        hidden |= !shown;
    }
    std::string text = "Attribute `" + std::string(member) + "` is not sortable. ";
    if (list.empty()) return text + "This index does not have configured sortable attributes.";
    return text + "Available sortable attributes are: `" + list + (hidden ? ", <..hidden-attributes>`." : "`.");
}

}  // namespace

Result<void> check_sort_syntax(const std::vector<std::string>& sort, ErrorCode code) {
    for (const std::string& text : sort) {
        if (!text.ends_with(":asc") && !text.ends_with(":desc")) {
            return fail(
                code,
                "Invalid syntax for the sort parameter: expected expression ending by `:asc` or `:desc`, found `" +
                    text + "`.");
        }
        MIROIR_CHECK(check_member(member_of(text), code));
    }
    return {};
}

Result<void> check_sort_in_search(const IndexEntry& index, const std::vector<std::string>& sort) {
    MIROIR_CHECK(check_sort_syntax(sort, ErrorCode::InvalidSearchSort));
    if (sort.empty()) return {};
    const bool has_rule = std::ranges::any_of(index.settings.ranking_rules, [](const protocol::RankingRule& rule) {
        return rule.kind == protocol::RankingRule::Kind::Sort;
    });
    if (!has_rule) {
        return fail(told_with_index(
            index, {.code = ErrorCode::InvalidSearchSort,
                    .message = "You must specify where `sort` is listed in the rankingRules setting to use the "
                               "sort parameter at search time."}));
    }
    const std::string_view member = unsortable(index.settings, sort);
    if (member.empty()) return {};
    return fail(told_with_index(
        index, {.code = ErrorCode::InvalidSearchSort, .message = refusal(index.settings, member, false)}));
}

Result<void> check_sort_in_documents(const IndexEntry& index, const std::vector<std::string>& sort) {
    const std::string_view member = unsortable(index.settings, sort);
    if (member.empty()) return {};
    return fail(ErrorCode::InvalidDocumentSort, refusal(index.settings, member, true));
}

}  // namespace miroir::plan
