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

// An order to sort by: places near to each other do not tie.
bool comes_before(RankKey a, RankKey b) {
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
        const bool places = a[i].shape == RankEntry::Shape::Distance && a[i].present && b[i].present;
        if (places && a[i].number != b[i].number) return (a[i].number < b[i].number) == a[i].ascending;
        if (const auto order = compare(a.subspan(i, 1), b.subspan(i, 1)); order != 0) return order < 0;
    }
    return false;
}

// Do the first rules hold two hits for equal?
bool tie_before(const PickedHit& a, const PickedHit& b, std::size_t rules) {
    return compare(a.hit->key.first(std::min(rules, a.hit->key.size())),
                   b.hit->key.first(std::min(rules, b.hit->key.size()))) == 0;
}

class Replaying {
public:
    Replaying(std::span<const NodeAnswer> answers, const ReplayRecipe& recipe)
        : recipe_(recipe), all_(hits_in_order(answers)), sharing_(recipe.distinct ? answers : NoAnswers()) {}

    Replayed run() {
        const std::size_t vector = all_.empty() ? 0 : place_of(all_.front().hit->key, RankEntry::Rule::Vector);
        const bool by_vector = !all_.empty() && vector < all_.front().hit->key.size();
        if (!by_vector) take_ties(all_);
        for (std::size_t begin = 0, end = 0; by_vector && begin < all_.size() && goes_on(); begin = end) {
            for (end = begin + 1; end < all_.size() && tie_before(all_[begin], all_[end], vector); ++end) {
            }
            take_nearest(Hits(all_.begin() + std::ptrdiff_t(begin), all_.begin() + std::ptrdiff_t(end)), vector);
        }
        for (const PickedHit& picked : all_) out_.candidates.push_back(stamp_of(picked.hit->key));
        std::ranges::sort(out_.candidates);
        out_.candidates = without(std::move(out_.candidates), gone_);
        return std::move(out_);
    }

private:
    using NoAnswers = std::span<const NodeAnswer>;
    using Hits = std::vector<PickedHit>;

    bool full() const { return out_.hits.size() >= recipe_.limit; }
    bool goes_on() const { return !full() || recipe_.to_the_end; }

    // Tie by tie, those of a tie in the order of their insertion.
    void take_ties(std::span<const PickedHit> hits) {
        for (std::size_t begin = 0, end = 0; begin < hits.size() && goes_on(); begin = end) {
            const bool below = recipe_.threshold && hits[begin].hit->score < *recipe_.threshold;
            const bool ruled = !rules_of(hits[begin]).empty();
            for (end = begin + 1; ruled && end < hits.size(); ++end) {
                if (compare(rules_of(hits[begin]), rules_of(hits[end])) != 0) break;
            }
            for (const PickedHit& picked : hits.subspan(begin, end - begin)) {
                if (below) gone_.insert(stamp_of(picked.hit->key));
                else keep(picked);
            }
        }
    }

    void keep(const PickedHit& picked) {
        const std::string_view stamp = stamp_of(picked.hit->key);
        if (gone_.contains(stamp)) return;
        if (!full()) out_.hits.push_back(picked);
        sharing_.each_like(stamp, [&](std::string_view other) {
            if (other != stamp) gone_.insert(other);
        });
    }

    // The engine looks for as many of the nearest as the page may hold, of those equally near the earliest inserted;
    // when these are used up, for as many again among what is left.
    void take_nearest(Hits rest, std::size_t vector) {
        if (recipe_.limit == 0) return take_unranked(std::move(rest), vector);
        while (!rest.empty() && goes_on()) {
            std::erase_if(rest, [&](const PickedHit& picked) { return gone_.contains(stamp_of(picked.hit->key)); });
            const std::set<std::string_view> near = nearest(rest, vector);
            if (near.empty()) return take_ties(rest);
            Hits now, later;
            for (const PickedHit& picked : rest)
                (near.contains(stamp_of(picked.hit->key)) ? now : later).push_back(picked);
            take_ties(now);
            rest = std::move(later);
        }
    }

    // Of no hits at all a node does not look at any vector.
    void take_unranked(Hits hits, std::size_t vector) {
        const auto behind = [vector](const PickedHit& picked) {
            return picked.hit->key.subspan(std::min(vector + 1, picked.hit->key.size()));
        };
        std::ranges::sort(hits,
                          [&](const PickedHit& a, const PickedHit& b) { return comes_before(behind(a), behind(b)); });
        for (const PickedHit& picked : hits) keep(picked);
    }

    std::set<std::string_view> nearest(const Hits& among, std::size_t vector) const {
        std::vector<std::pair<double, std::string_view>> near;
        for (const PickedHit& picked : among) {
            if (vector < picked.hit->key.size() && picked.hit->key[vector].present)
                near.emplace_back(-picked.hit->key[vector].number, stamp_of(picked.hit->key));
        }
        const std::size_t kept = std::min(near.size(), recipe_.limit);
        std::ranges::partial_sort(near, near.begin() + std::ptrdiff_t(kept));
        std::set<std::string_view> out;
        for (std::size_t i = 0; i < kept; ++i) out.insert(near[i].second);
        return out;
    }

    const ReplayRecipe& recipe_;
    const Hits all_;
    const Sharing sharing_;
    std::set<std::string_view> gone_;
    Replayed out_;
};

}  // namespace

Replayed replay(std::span<const NodeAnswer> answers, const ReplayRecipe& recipe) {
    return Replaying(answers, recipe).run();
}

Replayed replay_hybrid(const Replayed& words, const Replayed& vectors, double ratio, const ReplayRecipe& recipe,
                       std::span<const NodeAnswer> answers) {
    Replayed out;
    const Sharing sharing(recipe.distinct ? answers : std::span<const NodeAnswer>());
    std::set<std::string_view> gone;
    for (std::size_t w = 0, v = 0; out.hits.size() < recipe.limit;) {
        if (w == words.hits.size() && v == vectors.hits.size()) break;
        bool by_vector = w == words.hits.size();
        if (!by_vector && v < vectors.hits.size()) {
            const HybridOrder order = hybrid_order(*vectors.hits[v].hit, *words.hits[w].hit, ratio);
            by_vector = order.vector_first;
            out.guessed |= order.guessed;
        }
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

void drop_repeated(Replayed& replayed) {
    DistinctValues shown(DistinctBy::Shown);
    std::set<std::string_view> gone;
    std::erase_if(replayed.hits, [&](const PickedHit& picked) {
        const bool repeated = !shown.take(picked.hit->distinct);
        if (repeated) gone.insert(stamp_of(picked.hit->key));
        return repeated;
    });
    replayed.candidates = without(std::move(replayed.candidates), gone);
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
