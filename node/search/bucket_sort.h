// Bucket sort: the first rule cuts the candidates into buckets, the next rule cuts each bucket, and so on, until the
// page is full. Under a distinct field, a document that shares a value with one already placed is dropped on the way.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "node/search/rules/rule.h"

namespace miroir::node {

struct BucketSortRequest {
    std::size_t offset = 0;
    std::size_t limit = 0;
    std::size_t most_hits = 0;  // looked at instead of `limit` when exhaustive under a threshold
    bool exhaustive = false;
    bool details = true;
    std::optional<double> threshold;
    std::optional<std::string> distinct;
};

struct BucketSortResult {
    std::vector<DocId> ids;
    std::vector<protocol::ScoreDetails> scores;
    DocIds candidates;
};

BucketSortResult bucket_sort(SearchContext& context, Rules& rules, std::shared_ptr<const QueryGraph> query,
                             const DocIds& universe, const BucketSortRequest& request);

// One document per value of the field, the lowest id; documents without a value all stay.
struct Distinct {
    DocIds kept;
    DocIds dropped;  // all that share a value with a kept one, the kept ones included
};
Distinct distinct_documents(const Index& index, const std::string& field, const DocIds& candidates);

}  // namespace miroir::node
