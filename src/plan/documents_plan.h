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
    bool own_order = false;  // as the node keeps its documents: nearly by stamp, and any offset costs the same
};

NodeCall documents_call(const IndexEntry& index, const cluster::CoverPart& part, const protocol::DocumentsQuery& query,
                        const DocumentStretch& stretch);

// In the order of insertion, which is the order of the stamps?
bool by_insertion(const protocol::DocumentsQuery& query);

// From this offset on it pays to look for the stamp at which the page begins.
inline constexpr std::uint64_t kFarOffset = 500;
bool is_far(const protocol::DocumentsQuery& query);

// So many of any `wanted` documents lie on the nodes that answer for `shards` of `all` shards, in all but a few of a
// thousand cases.
std::uint64_t likely_share(std::uint64_t wanted, std::size_t shards, std::size_t all);

// Of the documents of such nodes so many all but surely lie within `distance` documents of the whole list.
struct SureShare {
    std::uint64_t documents = 0;  // none: it is too near for that
    std::uint64_t spread = 0;     // so many fewer may lie before what another node has at the end of its own share
};
SureShare sure_share(std::uint64_t distance, std::size_t shards, std::size_t all);

}  // namespace miroir::plan
