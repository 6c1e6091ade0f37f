#include <deque>

#include "node/search/rules/value_rules.h"

namespace miroir::node {

namespace {

class VectorRule final : public RankingRule {
public:
    VectorRule(Nearest nearest, std::size_t limit) : nearest_(std::move(nearest)), limit_(limit) {}

    void start(SearchContext&, const DocIds& universe, std::shared_ptr<const QueryGraph> query) override {
        query_ = std::move(query);
        fill(universe);
    }

    std::optional<Bucket> next(SearchContext&, const DocIds& universe) override {
        while (true) {
            while (!queue_.empty()) {
                const float similarity = queue_.front().second;
                DocIds docs;
                for (; !queue_.empty() && queue_.front().second == similarity; queue_.pop_front()) {
                    if (universe.contains(queue_.front().first)) docs.add(queue_.front().first);
                }
                if (!docs.isEmpty()) return bucket(std::move(docs), similarity);
            }
            if (!universe.isEmpty()) fill(universe);
            if (queue_.empty()) return bucket(universe, std::nullopt);
        }
    }

private:
    void fill(const DocIds& universe) {
        const auto found = nearest_(universe, limit_);
        queue_.assign(found.begin(), found.end());
    }

    Bucket bucket(DocIds docs, std::optional<float> similarity) const {
        return {.docs = std::move(docs), .score = protocol::VectorScore{.similarity = similarity}, .query = query_};
    }

    Nearest nearest_;
    std::size_t limit_;
    std::shared_ptr<const QueryGraph> query_;
    std::deque<std::pair<DocId, float>> queue_;
};

}  // namespace

std::unique_ptr<RankingRule> make_vector_rule(Nearest nearest, std::size_t limit) {
    return std::make_unique<VectorRule>(std::move(nearest), limit);
}

}  // namespace miroir::node
