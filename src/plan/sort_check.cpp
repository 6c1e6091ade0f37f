// `sort` as text: "price:asc", "_geoPoint(48.8, 2.3):desc".
#include <algorithm>

#include "plan/read_checks.h"
#include "protocol/query/sort_text.h"

namespace miroir::plan {
namespace {

// The first member that may not be sorted by; empty when all may.
std::string_view unsortable(const protocol::Settings& settings, const std::vector<std::string>& sort) {
    for (const std::string& text : sort) {
        const Result<protocol::SortMember> read = protocol::read_sort_member(text, ErrorCode::InvalidSearchSort);
        const std::string_view member = read ? read->attribute() : std::string_view(text);
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
    for (const std::string& text : sort) MIROIR_CHECK(protocol::read_sort_member(text, code));
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
