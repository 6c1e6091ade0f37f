// Keyword and placeholder search over one index: words to a query graph, the graph to candidates, candidates to an
// order by bucket sort through the ranking rules. Filters have been turned into `candidates`, sort criteria have been
// checked by the caller. The only failure is an unknown attribute to search on. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "node/index/index.h"
#include "node/search/matching_words.h"
#include "protocol/score_details.h"

namespace miroir::node {

enum class MatchingStrategy { Last, All, Frequency };

struct SortCriterion {
    std::string field;  // not looked at when there is a point
    bool ascending = true;
    std::optional<GeoPoint> point;  // _geoPoint(lat, lng)
};

struct KeywordRequest {
    std::optional<std::string> query;  // absent or without a word: a placeholder search
    std::optional<DocIds> candidates;  // absent: all documents
    std::size_t offset = 0;
    std::size_t limit = 20;
    bool exhaustive = false;       // page mode: exact totals under a distinct field or a threshold
    std::size_t most_hits = 1000;  // maxTotalHits: how far an exhaustive search looks
    MatchingStrategy strategy = MatchingStrategy::Last;
    std::optional<std::vector<std::string>> attributes_to_search_on;
    std::vector<std::string> locales;
    std::vector<SortCriterion> sort;
    std::optional<std::string> distinct;  // overrides the setting
    std::optional<double> threshold;
    bool details = true;  // false: may stop ranking as soon as the order is known
};

struct KeywordOutcome {
    std::vector<DocId> ids;                                  // of the page, in order
    std::vector<std::vector<protocol::ScoreDetail>> scores;  // one list per id, in order of the rules
    DocIds candidates;                                       // their number is the (estimated) total
    MatchingWords matching_words;
};

Result<KeywordOutcome> keyword_search(const Index& index, const KeywordRequest& request);

// The best `limit` documents of `among` by similarity (after the embedder's distribution shift), best first.
using Nearest = std::function<std::vector<std::pair<DocId, float>>(const DocIds& among, std::size_t limit)>;

// The same walk with the vector rule standing where the first rule about words would; the query is not looked at.
Result<KeywordOutcome> vector_search(const Index& index, const KeywordRequest& request, const Nearest& nearest);

}  // namespace miroir::node
