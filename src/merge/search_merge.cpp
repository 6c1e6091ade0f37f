#include "merge/search_merge.h"

#include <algorithm>
#include <set>

#include "json/parse.h"
#include "json/write.h"
#include "protocol/text_normal.h"

namespace miroir::merge {
namespace {

// A run of hits in the order of the query: one node's answer, or its words or vectors only.
struct Run {
    std::size_t answer = 0;
    std::vector<const Hit*> hits;
    std::size_t next = 0;

    const Hit* head() const { return next < hits.size() ? hits[next] : nullptr; }
};

// What `distinct` has seen: a hit that shares any value with an earlier one is dropped. 1 and 1.0, Red and red are one.
class Seen {
public:
    bool take(std::string_view raw) {
        if (raw.empty()) return true;
        const auto value = json::parse(raw);
        if (!value) return true;
        std::vector<std::string> keys;
        collect(*value, keys);
        const bool known = std::ranges::any_of(keys, [this](const auto& key) { return keys_.contains(key); });
        if (known) return false;
        keys_.insert(keys.begin(), keys.end());
        return true;
    }

private:
    static void collect(const json::Value& value, std::vector<std::string>& keys) {
        if (value.is_array()) {
            for (const json::Value& item : value.array()) collect(item, keys);
        } else if (value.is_number()) {
            keys.push_back("n" + json::to_text(json::Value(value.number())));
        } else if (value.is_string()) {
            keys.push_back("t" + protocol::normalize_facet(value.string()));
        } else if (value.is_bool()) {
            keys.emplace_back(value.boolean() ? "ttrue" : "tfalse");
        }
    }

    std::set<std::string, std::less<>> keys_;
};

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
            const bool by_vector = vectors != nullptr && (run == nullptr || vectors->head()->score * *ratio_ >=
                                                                                 run->head()->score * (1 - *ratio_));
            if (by_vector) run = vectors;
        }
        if (run == nullptr) return {};
        return {.answer = run->answer, .hit = run->hits[run->next++]};
    }

private:
    std::optional<double> ratio_;
    std::vector<Run> words_, vectors_;
};

}  // namespace

MergedHits merge_hits(std::span<const NodeAnswer> answers, const SearchRecipe& recipe) {
    MergedHits out;
    for (const NodeAnswer& answer : answers) out.total += answer.total();
    Stream stream(answers, recipe.semantic_ratio);
    Seen seen;
    std::size_t place = 0;
    for (PickedHit picked = stream.next(); picked.hit != nullptr; picked = stream.next()) {
        if (recipe.threshold && picked.hit->score < *recipe.threshold) continue;
        if (!recipe.distinct_field.empty() && !seen.take(picked.hit->distinct)) {
            --out.total;
            continue;
        }
        if (place++ < recipe.skip) continue;
        if (out.page.size() == recipe.take) {
            if (recipe.distinct_field.empty()) break;
            continue;  // the rest only counts what distinct drops
        }
        out.page.push_back(picked);
        if (picked.hit->semantic) ++out.semantic_hits;
    }
    return out;
}

}  // namespace miroir::merge
