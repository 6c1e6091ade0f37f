#include "node/retrieve/facets/facet_search.h"

#include <algorithm>

#include "node/retrieve/refusals.h"
#include "node/retrieve/typo_distance.h"
#include "protocol/settings/settings.h"
#include "protocol/text_normal.h"

namespace miroir::node {
namespace {

// What a value must look like to be found.
struct Wanted {
    std::string text;
    unsigned typos = 0;
    bool whole = false;

    bool fits(std::string_view key) const { return whole ? key == text : begins_within_typos(text, key, typos); }
};

bool allows_typos(const protocol::TypoTolerance& tolerance, std::string_view facet) {
    return tolerance.enabled && !tolerance.disable_on_attributes.contains(std::string(facet));
}

Wanted wanted_for(const Index& index, std::string_view facet, const std::string& query) {
    const protocol::TypoTolerance& tolerance = index.settings().typo_tolerance;
    Wanted wanted{.text = protocol::normalize_facet(query)};
    if (!allows_typos(tolerance, facet)) return wanted;
    wanted.whole = tolerance.disable_on_words.contains(wanted.text);
    const std::size_t length = wanted.text.size();
    wanted.typos = length < tolerance.one_typo ? 0 : length < tolerance.two_typos ? 1 : 2;
    return wanted;
}

}  // namespace

Result<void> check_facet_search(const Index& index, std::string_view facet) {
    const auto rule = protocol::matching_rule(index.settings().filterable_attributes, facet);
    if (!rule || !rule->features.facet_search) return fail(not_facet_searchable(index, facet));
    return {};
}

std::vector<FacetHit> search_facet(const Index& index, std::string_view facet, const std::optional<std::string>& query,
                                   const DocIds& candidates) {
    const protocol::Settings& settings = index.settings();
    const FacetField* field = index.facet(facet);
    std::vector<FacetHit> hits;
    if (field == nullptr) return hits;
    const bool by_count = settings.facet_order(facet) == protocol::FacetOrder::Count;
    const auto most = static_cast<std::size_t>(settings.max_values_per_facet);
    const Wanted wanted = query ? wanted_for(index, facet, *query) : Wanted{};
    for (const auto& [key, text] : field->texts) {
        if (query && !wanted.fits(key)) continue;
        const std::uint64_t count = text.docs.and_cardinality(candidates);
        if (count == 0) continue;
        if (!by_count && hits.size() >= most) break;
        hits.push_back({.value = text.spelling_of(text.docs.minimum()), .count = count});
    }
    if (by_count) {
        std::ranges::sort(hits, [](const FacetHit& a, const FacetHit& b) {
            return a.count != b.count ? a.count > b.count : a.value > b.value;
        });
        if (hits.size() > most) hits.resize(most);
    }
    return hits;
}

}  // namespace miroir::node
