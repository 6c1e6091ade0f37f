#include "node/search/bucket_sort.h"

#include <algorithm>

namespace miroir::node {

namespace {

void drop_equals(const FacetField& facet, DocId id, DocIds& dropped) {
    const FacetField::Values& values = facet.of(id);
    for (const auto* text : values.texts) dropped |= text->second.docs;
    for (const double number : values.numbers) dropped |= facet.numbers.at(number);
}

class BucketSort {
public:
    BucketSort(SearchContext& context, Rules& rules, const DocIds& universe, const BucketSortRequest& request)
        : context_(context), rules_(rules), request_(request), universes_(rules.size()) {
        result_.candidates = universe;
        universes_[0] = universe;
    }

    BucketSortResult run(std::shared_ptr<const QueryGraph> query) {
        rules_[0]->start(context_, universes_[0], std::move(query));
        const std::size_t wanted = request_.exhaustive && request_.threshold ? request_.most_hits : request_.limit;
        while (result_.ids.size() < wanted && step()) {
        }
        return std::move(result_);
    }

private:
    // Takes one bucket from the current rule, or goes back to the rule before; false: all is sorted.
    bool step() {
        DocIds& universe = universes_[at_];
        if (universe.isEmpty() || (!request_.details && universe.cardinality() == 1)) {
            DocIds rest;
            std::swap(rest, universe);
            place(std::move(rest));
            return back();
        }
        auto bucket = rules_[at_]->next(context_, universe);
        if (!bucket) return back();
        scores_.push_back(std::move(bucket->score));
        const bool below = request_.threshold && protocol::global_score(scores_) < *request_.threshold;
        universe -= bucket->docs;
        const bool is_last = at_ + 1 == rules_.size();
        const bool decided = !request_.details && bucket->docs.cardinality() <= 1;
        const bool before_page = placed_ + bucket->docs.cardinality() < request_.offset;
        if (is_last || decided || before_page || below) {
            if (below) {
                result_.candidates -= bucket->docs;
                result_.candidates -= universe;
            } else {
                place(std::move(bucket->docs));
            }
            scores_.pop_back();
            return true;
        }
        ++at_;
        universes_[at_] = bucket->docs;
        rules_[at_]->start(context_, universes_[at_], std::move(bucket->query));
        return true;
    }

    bool back() {
        universes_[at_] = DocIds();
        if (at_ == 0) return false;
        --at_;
        if (scores_.size() > at_) scores_.pop_back();
        return true;
    }

    // Puts documents that tie under all rules so far behind those placed before, in order of their ids.
    void place(DocIds docs) {
        if (request_.distinct) {
            Distinct distinct = distinct_documents(context_.index(), *request_.distinct, docs);
            for (DocIds& universe : universes_) universe -= distinct.dropped;
            result_.candidates -= distinct.dropped;
            docs = std::move(distinct.kept);
        }
        result_.candidates |= docs;
        const std::size_t count = docs.cardinality();
        if (count == 0) return;
        std::size_t skipped = placed_ < request_.offset ? request_.offset - placed_ : 0;
        placed_ += count;
        if (skipped > count) return;
        for (const DocId id : docs) {
            if (skipped > 0) {
                --skipped;
                continue;
            }
            if (result_.ids.size() >= request_.limit) break;
            result_.ids.push_back(id);
            result_.scores.push_back(scores_);
        }
    }

    SearchContext& context_;
    Rules& rules_;
    const BucketSortRequest& request_;
    std::vector<DocIds> universes_;  // what each rule has not handed out yet
    protocol::ScoreDetails scores_;  // of the bucket being cut
    std::size_t at_ = 0;             // the current rule
    std::size_t placed_ = 0;         // documents in order so far, before the page included
    BucketSortResult result_;
};

BucketSortResult without_rules(SearchContext& context, const DocIds& universe, const BucketSortRequest& request) {
    BucketSortResult result;
    DocIds dropped;
    DocIds seen;
    std::vector<DocId> ids;
    const FacetField* facet = request.distinct ? context.index().facet(*request.distinct) : nullptr;
    for (const DocId id : universe) {
        if (ids.size() >= request.offset + request.limit) break;
        if (dropped.contains(id)) continue;
        if (facet != nullptr) drop_equals(*facet, id, dropped);
        ids.push_back(id);
        seen.add(id);
    }
    result.candidates = (universe - dropped) | seen;
    if (ids.size() > request.offset)
        result.ids.assign(ids.begin() + static_cast<std::ptrdiff_t>(request.offset), ids.end());
    result.scores.resize(result.ids.size());
    return result;
}

}  // namespace

Distinct distinct_documents(const Index& index, const std::string& field, const DocIds& candidates) {
    Distinct result;
    const FacetField* facet = index.facet(field);
    for (const DocId id : candidates) {
        if (result.dropped.contains(id)) continue;
        if (facet != nullptr) drop_equals(*facet, id, result.dropped);
        result.kept.add(id);
    }
    return result;
}

BucketSortResult bucket_sort(SearchContext& context, Rules& rules, std::shared_ptr<const QueryGraph> query,
                             const DocIds& universe, const BucketSortRequest& request) {
    if (universe.cardinality() < request.offset) {
        BucketSortResult empty;
        empty.candidates = universe;
        return empty;
    }
    if (rules.empty()) return without_rules(context, universe, request);
    return BucketSort(context, rules, universe, request).run(std::move(query));
}

}  // namespace miroir::node
