#include "node/retrieve/sort_criteria.h"

#include <algorithm>

#include "node/retrieve/refusals.h"
#include "protocol/query/sort_text.h"
#include "protocol/settings/settings.h"

namespace miroir::node {
namespace {

bool is_sortable(const Index& index, const SortCriterion& criterion) {
    const auto& names = index.settings().sortable_attributes;
    if (criterion.point) return names.contains("_geo");
    return std::ranges::any_of(names,
                               [&](const std::string& name) { return protocol::is_nested_in(criterion.field, name); });
}

std::string_view name_of(const SortCriterion& criterion) {
    return criterion.point ? std::string_view("_geo") : std::string_view(criterion.field);
}

}  // namespace

Result<std::vector<SortCriterion>> parse_sort(const std::vector<std::string>& sort, ErrorCode code) {
    std::vector<SortCriterion> criteria;
    for (const std::string& text : sort) {
        MIROIR_TRY(const protocol::SortMember member, protocol::read_sort_member(text, code));
        SortCriterion criterion;
        criterion.field = member.field;
        if (member.point) criterion.point = GeoPoint{.lat = member.point->lat, .lng = member.point->lng};
        criterion.ascending = member.ascending;
        criteria.push_back(std::move(criterion));
    }
    return criteria;
}

Result<void> check_sort_in_search(const Index& index, const std::vector<SortCriterion>& sort) {
    if (sort.empty()) return {};
    const auto& rules = index.settings().ranking_rules;
    const bool has_rule = std::ranges::any_of(
        rules, [](const protocol::RankingRule& rule) { return rule.kind == protocol::RankingRule::Kind::Sort; });
    if (!has_rule) {
        return fail(ErrorCode::InvalidSearchSort,
                    "You must specify where `sort` is listed in the rankingRules setting to use the sort parameter at "
                    "search time.");
    }
    for (const SortCriterion& criterion : sort) {
        if (!is_sortable(index, criterion)) return fail(not_sortable_in_search(index, name_of(criterion)));
    }
    return {};
}

Result<void> check_sort_in_documents(const Index& index, const std::vector<SortCriterion>& sort) {
    for (const SortCriterion& criterion : sort) {
        if (!is_sortable(index, criterion)) return fail(not_sortable_in_documents(index, name_of(criterion)));
    }
    return {};
}

std::optional<GeoPoint> sort_point(const std::vector<std::string>& sort) {
    for (const std::string& text : sort) {
        const auto parsed = parse_sort({text}, ErrorCode::InvalidSearchSort);
        if (parsed && parsed->front().point) return parsed->front().point;
    }
    return std::nullopt;
}

}  // namespace miroir::node
