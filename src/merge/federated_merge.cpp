#include "merge/federated_merge.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "merge/distinct_values.h"
#include "merge/hybrid_order.h"

namespace miroir::merge {
namespace {

// The next hits of some sources, each read once.
class Heads {
public:
    Heads(std::span<const FederatedSource> sources, std::vector<std::size_t> chosen) : sources_(sources) {
        for (const std::size_t source : chosen) {
            heads_.push_back({.hit = {.source = source}});
            read(heads_.back());
        }
    }

    FederatedHit next() {
        Head* best = nullptr;
        for (Head& head : heads_) {
            if (head.hit.hit != nullptr && (best == nullptr || comes_before(head.hit, best->hit))) best = &head;
        }
        if (best == nullptr) return {};
        FederatedHit out = std::move(best->hit);
        best->hit = {.source = out.source};
        read(*best);
        return out;
    }

    bool comes_before(const FederatedHit& a, const FederatedHit& b) {
        guessed_ = guessed_ || is_guessed(a.key, b.key);
        const auto order = protocol::compare_weighted(a.key, a.score, b.key, b.score);
        return order != 0 ? order > 0 : sources_[a.source].query < sources_[b.source].query;
    }

    bool guessed() const { return guessed_; }

private:
    struct Head {
        std::size_t next = 0;
        FederatedHit hit;
    };

    void read(Head& head) {
        const FederatedSource& source = sources_[head.hit.source];
        if (head.next == source.hits.size()) return;
        head.hit.hit = source.hits[head.next++].hit;
        head.hit.key = weighted_key(*head.hit.hit, source.weight);
        head.hit.score = head.hit.hit->score * source.weight;
    }

    std::span<const FederatedSource> sources_;
    std::vector<Head> heads_;
    bool guessed_ = false;
};

// The hits of the queries of one index.
std::vector<FederatedHit> hits_of_index(Heads heads, std::size_t wanted, const FederatedRecipe& recipe,
                                        FederatedHits& out, std::vector<std::string_view>& dropped) {
    std::vector<FederatedHit> hits;
    std::set<std::string_view> known;
    DistinctValues seen(DistinctBy::Shown);
    while (hits.size() < wanted) {
        FederatedHit next = heads.next();
        if (next.hit == nullptr) break;
        const std::string_view stamp = stamp_of(next.hit->key);
        if (!stamp.empty() && !known.insert(stamp).second) ++out.repeated;
        else if (recipe.distinct && !seen.take(next.hit->distinct)) dropped.push_back(stamp);
        else hits.push_back(std::move(next));
    }
    out.guessed |= heads.guessed();
    return hits;
}

// Pinned hits of all queries by their places; of the same place index by index, then query by query.
std::vector<std::pair<std::uint64_t, FederatedHit>> pins_of(std::span<const FederatedSource> sources) {
    std::vector<std::size_t> order(sources.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
        return std::tie(sources[a].index, sources[a].query) < std::tie(sources[b].index, sources[b].query);
    });
    std::multimap<std::uint64_t, FederatedHit> pins;
    for (const std::size_t i : order) {
        for (const PlacedHit& pin : sources[i].pins)
            pins.emplace(
                pin.position,
                FederatedHit{.source = i, .hit = pin.picked.hit, .score = pin.picked.hit->score * sources[i].weight});
    }
    return {pins.begin(), pins.end()};
}

FederatedHits merge_organic(std::span<const FederatedSource> sources, const FederatedRecipe& recipe) {
    FederatedHits out;
    std::map<std::string_view, std::vector<std::size_t>> by_index;
    for (std::size_t i = 0; i < sources.size(); ++i) by_index[sources[i].index].push_back(i);
    const std::uint64_t room = UINT64_MAX - recipe.skip;
    const std::uint64_t end = recipe.skip + std::min(recipe.take, room);
    std::vector<std::vector<FederatedHit>> lists;
    for (const auto& [index, chosen] : by_index) {
        const std::size_t wanted = std::min<std::uint64_t>(end, sources[chosen.front()].limit);
        std::vector<std::string_view> dropped;
        lists.push_back(hits_of_index(Heads(sources, chosen), wanted, recipe, out, dropped));
        if (!dropped.empty()) out.dropped.emplace(index, std::move(dropped));
    }
    Heads order(sources, {});
    std::vector<std::size_t> next(lists.size(), 0);
    DistinctValues seen(DistinctBy::Shown);
    for (std::uint64_t place = 0; recipe.distinct || place < end;) {
        std::size_t best = lists.size();
        for (std::size_t i = 0; i < lists.size(); ++i) {
            if (next[i] == lists[i].size()) continue;
            if (best == lists.size() || order.comes_before(lists[i][next[i]], lists[best][next[best]])) best = i;
        }
        if (best == lists.size()) break;
        FederatedHit& hit = lists[best][next[best]++];
        if (recipe.distinct && !seen.take(hit.hit->distinct)) {
            ++out.rejected;
            continue;
        }
        if (place++ < recipe.skip || out.page.size() >= recipe.take) continue;  // the rest is only looked at
        if (hit.hit->semantic) ++out.semantic_hits;
        out.page.push_back(std::move(hit));
    }
    out.guessed |= order.guessed();
    return out;
}

}  // namespace

// Pins come forward where there are not hits enough before them.
FederatedHits merge_federated(std::span<const FederatedSource> sources, const FederatedRecipe& recipe) {
    const auto pins = pins_of(sources);
    if (pins.empty()) return merge_organic(sources, recipe);
    const std::uint64_t end = recipe.skip + std::min(recipe.take, UINT64_MAX - recipe.skip);
    FederatedHits out = merge_organic(sources, {.skip = 0, .take = end, .distinct = recipe.distinct});
    std::vector<FederatedHit> organic = std::exchange(out.page, std::vector<FederatedHit>());
    auto pin = pins.begin();
    auto hit = organic.begin();
    for (std::uint64_t place = 0; place < end && (pin != pins.end() || hit != organic.end()); ++place) {
        const bool pinned = pin != pins.end() && (pin->first <= place || hit == organic.end());
        FederatedHit next = pinned ? (pin++)->second : std::move(*hit++);
        if (place >= recipe.skip) out.page.push_back(std::move(next));
    }
    return out;
}

}  // namespace miroir::merge
