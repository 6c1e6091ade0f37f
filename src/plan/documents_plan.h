// Listing documents as calls to nodes: sorted by what the client asked, then by the stamp of insertion; far pages begin
// at a stamp, so that they do not cost what lies before them. Pure.
#pragma once

#include <optional>
#include <string>

#include "cluster/cover.h"
#include "plan/catalog.h"
#include "plan/node_call.h"
#include "protocol/query/documents_query.h"

namespace miroir::plan {

// A stretch of a node's list, perhaps between two stamps.
struct DocumentStretch {
    std::uint64_t offset = 0;
    std::uint64_t limit = 20;
    std::optional<std::string> from{};     // this stamp and later ones
    std::optional<std::string> after{};    // later ones
    std::optional<std::string> through{};  // earlier ones and this one
    bool keys_only = false;
};

NodeCall documents_call(const IndexEntry& index, const cluster::CoverPart& part, const protocol::DocumentsQuery& query,
                        const DocumentStretch& stretch);

// In the order of insertion, which is the order of the stamps?
bool by_insertion(const protocol::DocumentsQuery& query);

// From this offset on it pays to look for the stamp at which the page begins.
inline constexpr std::uint64_t kFarOffset = 1000;
bool is_far(const protocol::DocumentsQuery& query);

// So many of the first `wanted` documents lie on the nodes that answer for `shards` of `all` shards, all but surely.
std::uint64_t likely_share(std::uint64_t wanted, std::size_t shards, std::size_t all);

// A place in one node's list that surely lies before the global `offset`, when the node holds `own` of `all` documents.
std::uint64_t probe_offset(std::uint64_t offset, std::uint64_t own, std::uint64_t all);
// How many documents lie between such a place and the offset, all but surely.
std::uint64_t probe_slack(std::uint64_t offset, std::size_t nodes);

}  // namespace miroir::plan
