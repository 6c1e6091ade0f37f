// Deep pages: every node has to tell the places of all hits before the page, but only the documents of the page are
// shown. So keys come first, without documents, and then the documents of the page from the nodes that have them. Pure.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "plan/search_plan.h"

namespace miroir::plan {

// Turns the plan's question into one for keys, where the page ends at `from` hits or later and it can be done.
void ask_for_keys(SearchPlan& plan, std::uint64_t from);

// What the client wants to see of hits, wherever it is asked.
const protocol::SearchQuery& shown_in(const SearchPlan& plan);

// Hits of the page that one node has told of.
struct KeysOfNode {
    cluster::NodeIndex node = cluster::kNoNode;
    std::vector<ShardId> shards;  // it answered for these
    std::vector<std::string_view> stamps;
};

// The hits with their documents: each node those it told of.
std::vector<NodeCall> document_calls(const SearchPlan& plan, std::span<const KeysOfNode> keys);
// The same of other nodes: each what may be of its shards.
std::vector<NodeCall> document_calls(const SearchPlan& plan, std::span<const KeysOfNode> keys,
                                     const cluster::Cover& cover);

}  // namespace miroir::plan
