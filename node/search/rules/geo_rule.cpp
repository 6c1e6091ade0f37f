#include <algorithm>
#include <cmath>
#include <deque>

#include "node/search/geo/distance.h"
#include "node/search/rules/value_rules.h"

// Documents by distance; those within a metre of the first of a bucket are its equals. The queue is filled with a
// thousand documents in exact order when there are that many, else with all of them by whole metres.

namespace miroir::node {

namespace {

constexpr std::size_t kQueue = 1000;
constexpr std::size_t kMostInBucket = 1000;
constexpr double kEqualMetres = 1.0;

class GeoRule final : public RankingRule {
public:
    GeoRule(GeoPoint target, bool ascending) : target_(target), ascending_(ascending) {}

    void start(SearchContext& context, const DocIds& universe, std::shared_ptr<const QueryGraph> query) override {
        query_ = std::move(query);
        queue_.clear();
        const DocIds placed = context.index().geo_documents() & universe;
        if (!placed.isEmpty()) fill(context, placed);
    }

    std::optional<Bucket> next(SearchContext& context, const DocIds& universe) override {
        DocIds candidates = context.index().geo_documents() & universe;
        if (candidates.isEmpty()) return bucket(universe, std::nullopt);
        DocIds docs;
        std::optional<Placed> first;
        while (true) {
            if (queue_.empty()) {
                fill(context, candidates);
                if (queue_.empty()) break;
            }
            const Placed placed = queue_.front();
            if (candidates.contains(placed.id)) {
                if (!first) first = placed;
                if (std::abs(placed.metres - first->metres) > kEqualMetres) break;
                docs.add(placed.id);
                candidates.remove(placed.id);
            }
            queue_.pop_front();
            if (docs.cardinality() == kMostInBucket) break;
        }
        return bucket(std::move(docs), first);
    }

private:
    struct Placed {
        DocId id = 0;
        GeoPoint point;
        double metres = 0;
    };

    void fill(SearchContext& context, const DocIds& candidates) {
        std::vector<Placed> all;
        for (const DocId id : candidates) {
            const GeoPoint point = *context.index().geo_point(id);
            all.push_back({.id = id, .point = point, .metres = metres_between(target_, point)});
        }
        if (all.size() >= kQueue) {
            std::ranges::sort(all, [this](const Placed& a, const Placed& b) {
                if (a.metres != b.metres) return ascending_ ? a.metres < b.metres : a.metres > b.metres;
                return a.id < b.id;
            });
            all.resize(kQueue);
        } else {
            std::ranges::sort(all, {},
                              [](const Placed& placed) { return std::pair(std::trunc(placed.metres), placed.id); });
            if (!ascending_) std::ranges::reverse(all);
        }
        queue_.assign(all.begin(), all.end());
    }

    Bucket bucket(DocIds docs, const std::optional<Placed>& first) const {
        protocol::GeoScore score{.target_lat = target_.lat, .target_lng = target_.lng, .ascending = ascending_};
        if (first) {
            score.value = protocol::GeoScore::Point{.lat = first->point.lat, .lng = first->point.lng};
            score.distance = first->metres;
        }
        return {.docs = std::move(docs), .score = score, .query = query_};
    }

    GeoPoint target_;
    bool ascending_;
    std::shared_ptr<const QueryGraph> query_;
    std::deque<Placed> queue_;
};

}  // namespace

std::unique_ptr<RankingRule> make_geo_rule(GeoPoint target, bool ascending) {
    return std::make_unique<GeoRule>(target, ascending);
}

}  // namespace miroir::node
