#include "node/retrieve/federated/facet_merge.h"

#include <algorithm>

#include "node/retrieve/distinct.h"
#include "protocol/text_normal.h"

namespace miroir::node {
namespace {

constexpr std::string_view kText = "text:";
constexpr std::string_view kNumber = "number:";

// The spellings shown, by the normal form in which the values of hits come.
std::map<std::string, std::string> spellings(const FacetCounts& counts) {
    std::map<std::string, std::string> found;
    for (const auto& [key, count] : counts.values()) found[protocol::normalize_facet(key)] = key;
    return found;
}

void remove_from(const std::string& field, FacetCounts& counts, const std::vector<Hit>& hits) {
    const auto shown = spellings(counts);
    bool emptied = false;
    for (const Hit& hit : hits) {
        for (const std::string& value : facet_values(hit, field)) {
            const std::string key = value.substr(value.starts_with(kText) ? kText.size() : kNumber.size());
            const auto spelling = value.starts_with(kText) ? shown.find(key) : shown.end();
            std::uint64_t* count = counts.find(spelling != shown.end() ? spelling->second : key);
            if (count == nullptr || *count == 0) continue;
            emptied = --*count == 0 || emptied;
        }
    }
    if (emptied) counts.erase_zeros();
}

Facets merged(const std::map<std::string, Facets>& all) {
    Facets sum;
    for (const auto& [uid, facets] : all) {
        for (const auto& [field, counts] : facets.distribution) {
            FacetCounts& into = sum.distribution[field];
            for (const auto& [key, count] : counts.values()) into.add(key, count);
        }
        for (const auto& [field, range] : facets.stats) {
            const auto [known, added] = sum.stats.try_emplace(field, range);
            if (added) continue;
            known->second.min = std::min(known->second.min, range.min);
            known->second.max = std::max(known->second.max, range.max);
        }
    }
    return sum;
}

}  // namespace

void remove_hits(Facets& facets, const std::vector<Hit>& hits) {
    if (hits.empty()) return;
    for (auto& [field, counts] : facets.distribution) remove_from(field, counts, hits);
}

void finish_facets(FederatedOutcome& outcome, const protocol::Federation& federation,
                   const std::map<std::string, std::pair<std::string, protocol::FacetOrder>>& orders,
                   std::map<std::string, std::vector<Hit>>& rejected) {
    if (!federation.merge_facets) {
        for (auto& [uid, facets] : outcome.facets_by_index) remove_hits(facets, rejected[uid]);
        return;
    }
    if (outcome.facets_by_index.empty()) return;
    Facets sum = merged(outcome.facets_by_index);
    for (auto& [field, counts] : sum.distribution) {
        const auto order = orders.find(field);
        const bool by_count = order != orders.end() && order->second.second == protocol::FacetOrder::Count;
        if (by_count) counts.sort_by_count();
        else counts.sort_by_key();
        if (const auto most = federation.merge_facets->max_values_per_facet)
            counts.cut(static_cast<std::size_t>(*most));
    }
    for (const auto& [uid, hits] : rejected) remove_hits(sum, hits);
    outcome.merged_facets = std::move(sum);
    outcome.facets_by_index.clear();
}

}  // namespace miroir::node
