#include "node/retrieve/documents/order.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <tuple>

#include "node/search/geo/distance.h"

namespace miroir::node {
namespace {

constexpr double kSamePlaceMetres = 1.0;
constexpr std::size_t kLargestBucket = 1000;
constexpr std::size_t kExactFrom = 1000;  // fewer points are ordered by whole metres, then by id

class Ordering {
public:
    Ordering(const Index& index, std::size_t most) : index_(index), most_(most) {}

    void add(const DocIds& candidates, std::span<const SortCriterion> criteria) {
        if (full() || candidates.isEmpty()) return;
        if (criteria.empty()) {
            for (const DocId id : candidates) {
                if (full()) return;
                ordered_.push_back(id);
            }
            return;
        }
        const auto rest = criteria.subspan(1);
        if (criteria.front().point) return add_by_place(candidates, criteria.front(), rest);
        // A field that no document has orders nothing.
        if (!index_.fields().find(criteria.front().field)) return add(candidates, rest);
        add_by_field(candidates, criteria.front(), rest);
    }
    std::vector<DocId> take() && { return std::move(ordered_); }

private:
    bool full() const { return ordered_.size() >= most_; }

    template <class It, class DocsOf>
    void add_values(It it, It end, DocIds left, std::span<const SortCriterion> rest, const DocsOf& docs_of) {
        const auto add_one = [&](const auto& entry) {
            const DocIds& docs = docs_of(entry);
            if (docs.cardinality() == 1) {  // nothing is left to order
                if (left.removeChecked(docs.minimum())) ordered_.push_back(docs.minimum());
                return;
            }
            const DocIds bucket = docs & left;
            left -= bucket;
            add(bucket, rest);
        };
        for (; it != end && !left.isEmpty() && !full(); ++it) add_one(*it);
    }

    // A filter on what documents are sorted by leaves those at the end of the list: no need to look at all before them.
    static FacetField::Texts::const_iterator first_text(const FacetField& facet, const DocIds& documents) {
        if (documents.cardinality() * 2 > facet.texts.size()) return facet.texts.begin();
        const FacetField::Texts::value_type* first = nullptr;
        for (const DocId id : documents) {
            const auto& texts = facet.of(id).texts;
            if (!texts.empty() && (first == nullptr || texts.front()->first < first->first)) first = texts.front();
        }
        return first == nullptr ? facet.texts.end() : facet.texts.find(first->first);
    }

    void add_by_field(const DocIds& candidates, const SortCriterion& criterion, std::span<const SortCriterion> rest) {
        const FacetField* facet = index_.facet(criterion.field);
        if (facet == nullptr) return add(candidates, rest);
        const DocIds present = candidates & facet->exists;
        const auto& [numbers, texts] = std::tie(facet->numbers, facet->texts);
        const auto with_number = [](const auto& entry) -> const DocIds& { return entry.second; };
        const auto with_text = [](const auto& entry) -> const DocIds& { return entry.second.docs; };
        if (criterion.ascending) {
            add_values(numbers.begin(), numbers.end(), present, rest, with_number);
            add_values(first_text(*facet, present), texts.end(), present, rest, with_text);
        } else {
            add_values(numbers.rbegin(), numbers.rend(), present, rest, with_number);
            add_values(texts.rbegin(), texts.rend(), present, rest, with_text);
        }
        add(candidates - facet->exists, rest);
    }

    void add_by_place(const DocIds& candidates, const SortCriterion& criterion, std::span<const SortCriterion> rest) {
        struct Placed {
            DocId id;
            double metres;
        };
        std::vector<Placed> placed;
        for (const DocId id : candidates& index_.geo_documents()) {
            if (const auto point = index_.geo_point(id))
                placed.push_back({id, metres_between(*criterion.point, *point)});
        }
        const bool exact = placed.size() >= kExactFrom;
        std::ranges::sort(placed, [&](const Placed& a, const Placed& b) {
            const double left = exact ? a.metres : std::floor(a.metres);
            const double right = exact ? b.metres : std::floor(b.metres);
            return left != right ? left < right : a.id < b.id;
        });
        if (!criterion.ascending) std::ranges::reverse(placed);
        for (std::size_t i = 0; i < placed.size() && !full();) {
            const double metres = placed[i].metres;
            DocIds bucket;
            for (; i < placed.size() && std::abs(metres - placed[i].metres) <= kSamePlaceMetres; ++i) {
                if (bucket.cardinality() == kLargestBucket) break;
                bucket.add(placed[i].id);
            }
            add(bucket, rest);
        }
        add(candidates - index_.geo_documents(), rest);
    }

    const Index& index_;
    std::size_t most_;
    std::vector<DocId> ordered_;
};

}  // namespace

std::vector<DocId> documents_in_order(const Index& index, const DocIds& candidates,
                                      const std::vector<SortCriterion>& sort, std::size_t most) {
    Ordering ordering(index, most);
    ordering.add(candidates, sort);
    return std::move(ordering).take();
}

}  // namespace miroir::node
