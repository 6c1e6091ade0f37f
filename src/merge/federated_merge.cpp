#include "merge/federated_merge.h"

#include <set>
#include <utility>

#include "merge/distinct_values.h"

namespace miroir::merge {
namespace {

using protocol::WeightedScore;
using Kind = WeightedScore::Kind;

constexpr double kUnknownSteps = 100;  // of a rule whose steps a reply does not tell: enough to keep rules in order

// Rules one after the other as one share: each rule divides the steps of those before it.
double folded(RankKey rules) {
    double share = 1;
    double steps = 1;
    for (const RankEntry& rule : rules) {
        share -= (1 - rule.fraction) / steps;
        steps *= rule.steps > 0 ? rule.steps : kUnknownSteps;
    }
    return share;
}

WeightedScore value_of(const RankEntry& entry) {
    if (entry.shape == RankEntry::Shape::Distance) {
        WeightedScore out{.kind = Kind::Geo, .ascending = entry.ascending, .value = {}, .distance = {}};
        if (entry.present) out.distance = entry.number;
        return out;
    }
    WeightedScore out{.kind = Kind::Sort, .ascending = entry.ascending, .value = {}, .distance = {}};
    if (entry.present) out.value = entry.is_text ? json::Value(entry.text) : json::Value(entry.number);
    return out;
}

bool is_value(const RankEntry& entry) {
    return entry.shape == RankEntry::Shape::Value || entry.shape == RankEntry::Shape::Distance;
}

struct Head {
    std::size_t next = 0;
    std::vector<WeightedScore> key;
    double score = 0;
};

class Heads {
public:
    explicit Heads(std::span<const FederatedSource> sources) : sources_(sources), heads_(sources.size()) {
        for (std::size_t i = 0; i < sources_.size(); ++i) read(i);
    }

    FederatedHit next() {
        std::size_t best = sources_.size();
        for (std::size_t i = 0; i < sources_.size(); ++i) {
            if (heads_[i].next == sources_[i].hits.size()) continue;
            if (best == sources_.size() || comes_before(i, best)) best = i;
        }
        if (best == sources_.size()) return {};
        FederatedHit out{
            .source = best, .hit = sources_[best].hits[heads_[best].next].hit, .score = heads_[best].score};
        ++heads_[best].next;
        read(best);
        return out;
    }

private:
    void read(std::size_t i) {
        if (heads_[i].next == sources_[i].hits.size()) return;
        const Hit& hit = *sources_[i].hits[heads_[i].next].hit;
        heads_[i].key = weighted_key(hit, sources_[i].weight);
        heads_[i].score = hit.score * sources_[i].weight;
    }

    bool comes_before(std::size_t a, std::size_t b) const {
        const auto order = protocol::compare_weighted(heads_[a].key, heads_[a].score, heads_[b].key, heads_[b].score);
        return order != 0 ? order > 0 : sources_[a].query < sources_[b].query;
    }

    std::span<const FederatedSource> sources_;
    std::vector<Head> heads_;
};

}  // namespace

std::vector<WeightedScore> weighted_key(const Hit& hit, double weight) {
    RankKey key = hit.key;
    if (!key.empty() && is_value(key.back())) key = key.first(key.size() - 1);
    std::vector<WeightedScore> out;
    const auto add_score = [&](Kind kind, double score) {
        out.push_back({.kind = kind, .score = score * weight, .value = {}, .distance = {}});
    };
    bool has_values = false;
    for (const RankEntry& entry : key) has_values |= is_value(entry);
    if (hit.semantic || !has_values) {
        if (!key.empty()) add_score(hit.semantic ? Kind::Vector : Kind::Score, hit.score);
        return out;
    }
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= key.size(); ++i) {
        if (i < key.size() && !is_value(key[i])) continue;
        if (i > begin) add_score(Kind::Score, folded(key.subspan(begin, i - begin)));
        if (i < key.size()) out.push_back(value_of(key[i]));
        begin = i + 1;
    }
    return out;
}

FederatedHits merge_federated(std::span<const FederatedSource> sources, const FederatedRecipe& recipe) {
    FederatedHits out;
    Heads heads(sources);
    DistinctValues seen;
    std::set<std::pair<std::string_view, std::string_view>> known;  // index and stamp
    std::uint64_t place = 0;
    for (FederatedHit next = heads.next(); next.hit != nullptr; next = heads.next()) {
        const RankKey key = next.hit->key;
        const std::string_view stamp = !key.empty() && key.back().is_text ? key.back().text : std::string_view();
        if (!stamp.empty() && !known.emplace(sources[next.source].index, stamp).second) {
            ++out.repeated;
            continue;
        }
        if (recipe.distinct && !seen.take(next.hit->distinct)) {
            ++out.dropped;
            continue;
        }
        if (place++ < recipe.skip || out.page.size() >= recipe.take) continue;  // the rest is only counted
        out.page.push_back(next);
        if (next.hit->semantic) ++out.semantic_hits;
    }
    return out;
}

}  // namespace miroir::merge
