#include "merge/replay.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "merge/distinct_values.h"
#include "merge/hybrid_order.h"

namespace miroir::merge {
namespace {

using Values = std::vector<std::string>;

// The documents of the answers by their distinct values and the other way round.
class Sharing {
public:
    explicit Sharing(std::span<const NodeAnswer> answers) {
        for (const NodeAnswer& answer : answers) {
            for (const Hit& hit : answer.hits()) add(hit);
        }
    }

    // Calls `drop` with every document that has a value of this one, itself included.
    template <class Drop>
    void each_like(std::string_view stamp, Drop drop) const {
        const auto values = values_.find(stamp);
        if (values == values_.end()) return;
        for (const std::string& value : values->second) {
            for (const std::string_view other : with_.find(value)->second) drop(other);
        }
    }

private:
    void add(const Hit& hit) {
        const auto [known, fresh] = values_.try_emplace(stamp_of(hit.key));
        if (!fresh) return;
        known->second = distinct_keys(hit.distinct);
        for (const std::string& value : known->second) with_[value].push_back(known->first);
    }

    std::map<std::string_view, Values> values_;
    std::map<std::string, Stamps, std::less<>> with_;
};

RankKey rules_of(const PickedHit& picked) {
    const RankKey key = picked.hit->key;
    return key.empty() ? key : key.first(key.size() - 1);
}

Stamps without(Stamps stamps, const std::set<std::string_view>& gone) {
    std::erase_if(stamps, [&](std::string_view stamp) { return gone.contains(stamp); });
    return stamps;
}

}  // namespace

Replayed replay(std::span<const NodeAnswer> answers, const ReplayRecipe& recipe) {
    Replayed out;
    const std::vector<PickedHit> all = hits_in_order(answers);
    const Sharing sharing(recipe.distinct ? answers : std::span<const NodeAnswer>());
    std::set<std::string_view> gone;
    const auto full = [&] { return out.hits.size() >= recipe.limit; };
    const auto keep = [&](const PickedHit& picked) {
        const std::string_view stamp = stamp_of(picked.hit->key);
        if (gone.contains(stamp)) return;
        if (!full()) out.hits.push_back(picked);
        sharing.each_like(stamp, [&](std::string_view other) {
            if (other != stamp) gone.insert(other);
        });
    };
    for (std::size_t begin = 0, end = 0; begin < all.size() && (!full() || recipe.to_the_end); begin = end) {
        const bool below = recipe.threshold && all[begin].hit->score < *recipe.threshold;
        const bool ruled = !rules_of(all[begin]).empty();
        for (end = begin + 1; ruled && end < all.size(); ++end) {
            if (compare(rules_of(all[begin]), rules_of(all[end])) != 0) break;
        }
        for (std::size_t i = begin; i < end; ++i) {
            if (below) gone.insert(stamp_of(all[i].hit->key));
            else keep(all[i]);
        }
    }
    for (const PickedHit& picked : all) out.candidates.push_back(stamp_of(picked.hit->key));
    std::ranges::sort(out.candidates);
    out.candidates = without(std::move(out.candidates), gone);
    return out;
}

Replayed replay_hybrid(const Replayed& words, const Replayed& vectors, double ratio, const ReplayRecipe& recipe,
                       std::span<const NodeAnswer> answers) {
    Replayed out;
    const Sharing sharing(recipe.distinct ? answers : std::span<const NodeAnswer>());
    std::set<std::string_view> gone;
    for (std::size_t w = 0, v = 0; out.hits.size() < recipe.limit;) {
        if (w == words.hits.size() && v == vectors.hits.size()) break;
        const bool by_vector =
            w == words.hits.size() ||
            (v < vectors.hits.size() && vector_comes_first(*vectors.hits[v].hit, *words.hits[w].hit, ratio));
        const PickedHit& picked = by_vector ? vectors.hits[v++] : words.hits[w++];
        const std::string_view stamp = stamp_of(picked.hit->key);
        if (!gone.insert(stamp).second) continue;
        out.hits.push_back(picked);
        sharing.each_like(stamp, [&](std::string_view other) { gone.insert(other); });
    }
    std::ranges::set_union(words.candidates, vectors.candidates, std::back_inserter(out.candidates));
    if (!recipe.distinct) return out;
    for (const PickedHit& picked : out.hits) gone.erase(stamp_of(picked.hit->key));
    out.candidates = without(std::move(out.candidates), gone);
    return out;
}

void keep_earliest(Replayed& replayed, std::span<const NodeAnswer> answers) {
    const Sharing sharing(answers);
    std::set<std::string_view> gone;
    for (const std::string_view stamp : replayed.candidates) {
        if (gone.contains(stamp)) continue;
        sharing.each_like(stamp, [&](std::string_view other) {
            if (other != stamp) gone.insert(other);
        });
    }
    replayed.candidates = without(std::move(replayed.candidates), gone);
}

}  // namespace miroir::merge
