#include "merge/search_merge.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "merge/distinct_values.h"
#include "merge/hybrid_order.h"
#include "protocol/text_normal.h"

namespace miroir::merge {
namespace {

constexpr double kGoodEnough = 0.45;  // the engine's own bound for leaving vectors out

// A run of hits in the order of the query: one node's answer, or its words or vectors only.
struct Run {
    std::size_t answer = 0;
    std::vector<const Hit*> hits;
    std::size_t next = 0;

    const Hit* head() const { return next < hits.size() ? hits[next] : nullptr; }
};

// Do two hits tie in all of the client's rules, the stamp left out? Without rules the engine takes hit by hit.
bool ties(const Hit& a, const Hit& b) {
    const auto without_stamp = [](RankKey key) { return key.empty() ? key : key.first(key.size() - 1); };
    if (without_stamp(a.key).empty()) return false;
    return compare(without_stamp(a.key), without_stamp(b.key)) == 0;
}

// One document found by words and by its vector comes once.
bool is_repeated(const Hit& hit, std::set<std::string_view>& stamps) {
    const std::string_view stamp = stamp_of(hit.key);
    return !stamp.empty() && !stamps.insert(stamp).second;
}

Run* best_of(std::vector<Run>& runs) {
    Run* best = nullptr;
    for (Run& run : runs) {
        if (run.head() == nullptr) continue;
        if (best == nullptr || compare(run.head()->key, best->head()->key) < 0) best = &run;
    }
    return best;
}

std::vector<Run> runs_of(std::span<const NodeAnswer> answers, std::optional<bool> semantic) {
    std::vector<Run> runs;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        Run& run = runs.emplace_back(Run{.answer = i});
        for (const Hit& hit : answers[i].hits()) {
            if (!semantic || hit.semantic == *semantic) run.hits.push_back(&hit);
        }
    }
    return runs;
}

const RankEntry* vector_entry(const Hit& hit) {
    const std::size_t place = place_of(hit.key, RankEntry::Rule::Vector);
    return place + 2 < hit.key.size() && hit.key[place].present ? &hit.key[place] : nullptr;
}

// What the rules before the vector say of a hit.
RankKey before_vector(const Hit& hit) { return hit.key.first(place_of(hit.key, RankEntry::Rule::Vector)); }

// The next hit in the global order. Hybrid answers hold two orders; the engine merges them by weighted score, vectors
// first where the scores are equal.
class Stream {
public:
    Stream(std::span<const NodeAnswer> answers, std::optional<double> ratio) : ratio_(ratio) {
        if (ratio_) vectors_ = runs_of(answers, true);
        words_ = runs_of(answers, ratio_ ? std::optional(false) : std::nullopt);
    }

    PickedHit next() {
        Run* run = best_of(words_);
        if (ratio_) {
            Run* vectors = best_of(vectors_);
            if (run == nullptr) run = vectors;
            else if (vectors != nullptr && vector_is_next(*vectors->head(), *run->head())) run = vectors;
        }
        if (run == nullptr) return {};
        return {.answer = run->answer, .hit = run->hits[run->next++]};
    }

    bool guessed() const { return guessed_; }

private:
    bool vector_is_next(const Hit& vector, const Hit& words) {
        const HybridOrder order = hybrid_order(vector, words, *ratio_);
        guessed_ |= order.guessed;
        return order.vector_first;
    }

    bool guessed_ = false;
    std::optional<double> ratio_;
    std::vector<Run> words_, vectors_;
};

// Numbers beside texts: a reply does not tell 3 from "3".
bool is_mixed(std::span<const NodeAnswer> census) {
    bool numbers = false, texts = false;
    for (const NodeAnswer& answer : census) {
        for (const FacetField& field : answer.facets()) {
            numbers |= field.minimum.has_value();
            texts |= !field.minimum && !field.values.empty();
            texts |= field.minimum && std::ranges::any_of(field.values, [](const FacetCount& count) {
                         return count.value.find_first_not_of("0123456789.eE+-") != std::string_view::npos;
                     });
        }
    }
    return numbers && texts;
}

bool only_counts(const Hit& hit) {
    const RankKey rules = hit.key.empty() ? hit.key : hit.key.first(hit.key.size() - 1);
    return std::ranges::all_of(rules, [](const RankEntry& entry) { return entry.shape == RankEntry::Shape::Weight; });
}

// Has the node shown all that is worth as much as the threshold? What it did not show is worth no more than its last
// hit as long as nothing but words decides: a sort comes before scores without being one.
bool shows_all_above(const NodeAnswer& answer, double threshold) {
    if (answer.total() <= answer.hits().size()) return true;
    if (answer.hits().empty() || answer.hits().back().score >= threshold) return false;
    return std::ranges::all_of(answer.hits(), only_counts) &&
           std::ranges::is_sorted(answer.hits(), std::greater<>(), &Hit::score);
}

// One node takes as many of the nearest documents as it may show, of those equally near the earliest inserted, and only
// then goes by the rules behind the vector.
std::set<const Hit*> not_near_enough(std::span<const NodeAnswer> answers, std::size_t limit) {
    std::size_t count = 0;
    for (const NodeAnswer& answer : answers)
        count += static_cast<std::size_t>(
            std::ranges::count_if(answer.hits(), [](const Hit& hit) { return vector_entry(hit) != nullptr; }));
    std::set<const Hit*> far;
    if (count <= limit) return far;
    const std::vector<PickedHit> all = hits_in_order(answers);
    const auto nearer = [](const Hit* a, const Hit* b) {
        const double left = vector_entry(*a)->number, right = vector_entry(*b)->number;
        return left != right ? left > right : stamp_of(a->key) < stamp_of(b->key);
    };
    for (std::size_t begin = 0, end = 0; begin < all.size(); begin = end) {
        std::vector<const Hit*> near;
        for (end = begin; end < all.size(); ++end) {
            if (compare(before_vector(*all[begin].hit), before_vector(*all[end].hit)) != 0) break;
            if (vector_entry(*all[end].hit) != nullptr) near.push_back(all[end].hit);
        }
        std::ranges::sort(near, nearer);
        for (std::size_t i = limit; i < near.size(); ++i) far.insert(near[i]);
    }
    return far;
}

MergedHits merge_organic(std::span<const NodeAnswer> answers, const SearchRecipe& recipe) {
    MergedHits out;
    for (const NodeAnswer& answer : answers) out.total += answer.total();
    Stream stream(answers, recipe.semantic_ratio);
    DistinctValues seen(DistinctBy::Facets), shown(DistinctBy::Shown);
    std::set<std::string_view> stamps;
    const bool plain = recipe.distinct_field.empty() && !recipe.threshold;
    const std::set<const Hit*> far = plain ? not_near_enough(answers, recipe.end()) : std::set<const Hit*>();
    std::size_t place = 0, shown_place = 0;
    const Hit* last = nullptr;
    for (PickedHit picked = stream.next(); picked.hit != nullptr; picked = stream.next()) {
        if (far.contains(picked.hit) || (recipe.semantic_ratio && is_repeated(*picked.hit, stamps))) continue;
        const bool full = place >= recipe.end();
        if (full && out.behind == nullptr) out.behind = picked.hit;
        if (full && recipe.distinct_field.empty()) break;
        if (recipe.threshold && picked.hit->score < *recipe.threshold) {
            ++out.below;
            continue;
        }
        if (!recipe.distinct_field.empty() && !seen.take(picked.hit->distinct)) {
            --out.total;
            continue;
        }
        if (!full || (last != nullptr && ties(*last, *picked.hit)))
            out.kept.insert(out.kept.end(), seen.last().begin(), seen.last().end());
        if (full) continue;  // the rest only counts what distinct drops
        last = picked.hit;
        ++place;
        if (recipe.shown_once && !shown.take(picked.hit->distinct)) {
            ++out.rejected;
            --out.total;
            continue;
        }
        const bool before = shown_place++ < recipe.skip;
        (before ? out.before : out.page).push_back(picked);
        if (!before && picked.hit->semantic) ++out.semantic_hits;
    }
    out.guessed = stream.guessed();
    out.filled = place >= recipe.end();
    out.tie_is_cut =
        last != nullptr && std::ranges::any_of(answers, [&](const NodeAnswer& answer) {
            return !answer.hits().empty() && answer.total() > answer.hits().size() && ties(*last, answer.hits().back());
        });
    const bool counted = recipe.threshold && recipe.estimates && recipe.distinct_field.empty() &&
                         !recipe.semantic_ratio && !out.filled &&
                         std::ranges::all_of(answers, [&](const NodeAnswer& answer) {
                             return shows_all_above(answer, *recipe.threshold);
                         });
    out.starved = !counted && !out.filled && std::ranges::any_of(answers, [](const NodeAnswer& answer) {
        return answer.total() > answer.hits().size();
    });
    if (recipe.threshold && recipe.estimates) out.total -= std::min(out.total, out.below);
    if (counted) out.total = place;
    return out;
}

// Pins in the order of their places. Without an order of the rules, of the same place the first answer's first.
std::vector<FoundPin> pins_of(std::span<const NodeAnswer> answers, const SearchRecipe& recipe, std::uint64_t others) {
    std::vector<FoundPin> pins;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        for (const PinnedHit& pin : answers[i].pins()) pins.push_back({.answer = i, .pin = &pin});
    }
    if (recipe.pins && !recipe.key_field.empty())
        return pins_shown(std::move(pins), *recipe.pins, recipe.end(), others);
    return by_position(pins);
}

PickedHit picked(const FoundPin& pin) { return {.answer = pin.answer, .hit = &pin.pin->hit}; }

// Pins come forward where there are not hits enough before them.
MergedHits merge_with_pins(std::span<const NodeAnswer> answers, const SearchRecipe& recipe) {
    SearchRecipe prefix = recipe;
    prefix.skip = 0;
    prefix.take = recipe.skip + recipe.take;
    MergedHits out = merge_organic(answers, prefix);
    const std::vector<PickedHit> organic = std::exchange(out.page, std::vector<PickedHit>());
    const std::vector<FoundPin> pins = pins_of(answers, recipe, organic.size());
    out.semantic_hits = 0;
    auto pin = pins.begin();
    auto hit = organic.begin();
    std::size_t place = 0;
    for (; place < prefix.take && (pin != pins.end() || hit != organic.end()); ++place) {
        const bool pinned = pin != pins.end() && (pin->pin->position <= place || hit == organic.end());
        const PickedHit next = pinned ? picked(*pin++) : *hit++;
        if (place < recipe.skip) continue;
        out.page.push_back(next);
        if (next.hit->semantic) ++out.semantic_hits;
    }
    out.filled = place == prefix.take;
    return out;
}

}  // namespace

MergedHits merge_hits(std::span<const NodeAnswer> answers, const SearchRecipe& recipe) {
    const bool pinned = std::ranges::any_of(answers, [](const NodeAnswer& answer) { return !answer.pins().empty(); });
    if (pinned && !recipe.pins_apart) return merge_with_pins(answers, recipe);
    MergedHits out = merge_organic(answers, recipe);
    if (!pinned) return out;
    for (const FoundPin& pin : pins_of(answers, recipe, out.before.size() + out.page.size()))
        out.pins.push_back({.position = pin.pin->position, .picked = picked(pin)});
    return out;
}

std::vector<PickedHit> hits_in_order(std::span<const NodeAnswer> answers) {
    std::vector<PickedHit> out;
    Stream stream(answers, std::nullopt);
    for (PickedHit picked = stream.next(); picked.hit != nullptr; picked = stream.next()) out.push_back(picked);
    return out;
}

bool words_suffice(std::span<const PickedHit> hits, const SearchRecipe& recipe) {
    if (hits.size() < recipe.end()) return false;
    const auto share = static_cast<double>(1.0F - static_cast<float>(*recipe.semantic_ratio));
    return std::ranges::all_of(hits, [&](const PickedHit& picked) { return picked.hit->score * share >= kGoodEnough; });
}

std::uint64_t values_of(std::span<const NodeAnswer> census) {
    std::uint64_t values = 0;
    for (const NodeAnswer& answer : census) {
        for (const FacetField& field : answer.facets()) {
            for (const FacetCount& value : field.values) values += value.count;
        }
    }
    return values;
}

std::optional<std::uint64_t> distinct_total(std::span<const NodeAnswer> census, const SearchRecipe& recipe,
                                            const MergedHits& merged) {
    std::uint64_t documents = 0, with_value = 0;
    std::map<std::string, std::uint64_t, std::less<>> counts;
    for (const NodeAnswer& answer : census) {
        documents += answer.total();
        for (const FacetField& field : answer.facets()) {
            for (const FacetCount& value : field.values) {
                counts[protocol::normalize_facet(value.value)] += value.count;
                with_value += value.count;
            }
        }
    }
    if (with_value > documents || is_mixed(census)) return std::nullopt;
    if (!recipe.estimates || !merged.filled) return documents - with_value + counts.size() - merged.rejected;
    std::uint64_t dropped = 0;
    for (const std::string& key : merged.kept) {
        const auto found = counts.find(std::string_view(key).substr(1));  // behind the mark of its kind
        if (found != counts.end() && found->second > 0) dropped += std::exchange(found->second, 1) - 1;
    }
    return documents - dropped - merged.rejected;
}

}  // namespace miroir::merge
