// One query over one index: keyword, semantic or hybrid, as the engine chooses between them. Gives ids and scores;
// hits are made elsewhere.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "node/index/index.h"
#include "node/retrieve/search.h"
#include "node/search/keyword_search.h"
#include "protocol/filter/filter.h"
#include "protocol/query/search_query.h"

namespace miroir::node {

enum class SearchKind { Keyword, Semantic, Hybrid };

// Refuses a vector without hybrid, unknown embedders, vectors of a wrong length.
Result<SearchKind> search_kind(const Index& index, const protocol::SearchQuery& query);

// No filter (also an empty one), or a tree that the features of the node allow.
// Foreign filters are resolved against the keys of `index`, when it is there.
struct FilterPlace {
    const Index* index = nullptr;
    std::string_view uid;
};
Result<std::optional<protocol::Filter>> read_filter(const std::optional<json::Value>& filter, ErrorCode code,
                                                    const ReadContext& context, FilterPlace place);

struct RunRequest {
    const protocol::SearchQuery& query;
    SearchKind kind = SearchKind::Keyword;
    std::optional<protocol::Filter> filter;
    std::vector<SortCriterion> sort;
    std::optional<std::string> distinct;
    std::size_t limit = 20;  // hits from the first on
    bool exhaustive = false;
    std::vector<Pin> pins{};
};

struct QueryOutcome {
    KeywordOutcome found;
    std::optional<std::vector<float>> query_vector;  // when a vector was compared
};

// Refusals begin with the index, except those about making a vector of the query.
Result<QueryOutcome> run_query(const Index& index, std::string_view uid, const RunRequest& request);

}  // namespace miroir::node
