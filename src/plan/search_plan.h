// A search as data: which node is asked for which shards with which body, and how the answers become one.
// Pure: the same query, index and cover give the same plan; explaining a search is printing it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "cluster/cover.h"
#include "cluster/topology.h"
#include "json/value.h"
#include "merge/facet_merge.h"
#include "merge/search_merge.h"
#include "merge/search_reply.h"
#include "plan/catalog.h"
#include "plan/node_call.h"
#include "protocol/query/search_query.h"

namespace miroir::plan {

struct SearchPlan {
    cluster::TopologyPtr topology;
    IndexPtr index;
    std::vector<NodeCall> calls;
    std::vector<NodeCall> vector_calls;                    // hybrid: asked only when words are not good enough
    bool alone = false;                                    // one node answers for everything and cuts the page itself
    bool whole = false;                                    // and it holds nothing else: it is told of no shards
    protocol::SearchQuery asked{};                         // of every node, before its shard filter
    std::optional<protocol::SearchQuery> asked_vectors{};  // hybrid
    std::optional<protocol::SearchQuery> asked_census{};   // distinct: how many documents there are of each value
    bool census = false;
    bool keys_first = false;  // hits come without documents, which are fetched for the page: see keys_first.h
    std::optional<protocol::SearchQuery> shown{};  // then: the question with them
    bool apart = false;                            // the hits go into a further merge
    bool settles = false;                          // what counts may take a further look: see replay_plan.h
    bool wants_candidates = false;                 // which documents count is to be told, too
    bool pins_out_of_reach = false;                // one that is to come very far down may hold back others, unseen
    merge::SearchRecipe recipe;
    merge::FacetRecipe facet_recipe;
    merge::ReplyFrame frame;
};

struct PlanOptions {
    bool apart = false;                             // the hits go into a further merge: always with what it compares
    bool settings_distinct = true;                  // the distinct attribute of the settings counts
    bool all_reachable = false;                     // maxTotalHits does not bound the hits
    bool candidates = false;                        // which documents count is to be told, too
    std::uint64_t keys_first_from = UINT64_MAX;     // hits up to the end of a page that has its documents fetched apart
    std::shared_ptr<const merge::PinOrder> pins{};  // see pin_order.h
};

Result<SearchPlan> plan_search(const IndexPtr& index, const protocol::SearchQuery& query,
                               const cluster::TopologyPtr& topology, const cluster::Cover& cover,
                               PlanOptions options = {});

// The same questions for other nodes, after some did not answer. Not for a plan that is answered alone.
enum class Leg : std::uint8_t { Words, Vectors, Census };
std::vector<NodeCall> calls_for(const SearchPlan& plan, const cluster::Cover& cover, Leg leg);
const protocol::SearchQuery& asked_in(const SearchPlan& plan, Leg leg);  // of every node, before its shard filter

json::Value explained(const SearchPlan& plan);

}  // namespace miroir::plan
