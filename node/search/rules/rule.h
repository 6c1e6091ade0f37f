// A ranking rule hands out the documents of a universe in buckets, best first, each with its score and the query that
// the rules after it should look at.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "node/search/context.h"
#include "node/search/query_graph.h"
#include "protocol/score_details.h"

namespace miroir::node {

struct Bucket {
    DocIds docs;
    protocol::ScoreDetail score;
    std::shared_ptr<const QueryGraph> query;  // nullptr in a placeholder search
};

class RankingRule {
public:
    virtual ~RankingRule() = default;
    virtual void start(SearchContext& context, const DocIds& universe, std::shared_ptr<const QueryGraph> query) = 0;
    // The universe shrinks between calls. nullopt: nothing more to say.
    virtual std::optional<Bucket> next(SearchContext& context, const DocIds& universe) = 0;
};
using Rules = std::vector<std::unique_ptr<RankingRule>>;

}  // namespace miroir::node
