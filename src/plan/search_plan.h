// A search as data: which node is asked for which shards with which body, and how the answers become one.
// Pure: the same query, index and cover give the same plan; explaining a search is printing it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cluster/cover.h"
#include "cluster/topology.h"
#include "json/value.h"
#include "merge/facet_merge.h"
#include "merge/search_merge.h"
#include "plan/catalog.h"
#include "plan/node_call.h"
#include "protocol/query/search_query.h"

namespace miroir::plan {

// How the client wants to see what comes out.
struct ReplyShape {
    std::string query;        // q, or empty
    bool paged = false;       // page/hitsPerPage rather than offset/limit
    std::uint64_t offset = 0, limit = 20;
    std::uint64_t page = 1, hits_per_page = 20;
    bool facets = false;
    bool semantic = false;    // semanticHitCount is shown
    bool query_vector = false;
    bool score = false, details = false;
    std::string drop_field;   // fetched only for the merge
};

struct SearchPlan {
    cluster::TopologyPtr topology;
    IndexPtr index;
    std::vector<NodeCall> calls;
    std::vector<NodeCall> vector_calls;  // hybrid: asked only when words are not good enough
    merge::SearchRecipe recipe;
    merge::FacetRecipe facet_recipe;
    ReplyShape shape;
};

Result<SearchPlan> plan_search(const IndexPtr& index, const protocol::SearchQuery& query,
                               const cluster::TopologyPtr& topology, const cluster::Cover& cover);

json::Value explained(const SearchPlan& plan);

}  // namespace miroir::plan
