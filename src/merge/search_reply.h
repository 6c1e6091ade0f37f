// The reply a client gets for a search, written as bytes: the hits spliced through, everything else in the engine's
// order.
#pragma once

#include <string>

#include "merge/facet_merge.h"
#include "merge/hit_bytes.h"
#include "merge/search_merge.h"

namespace miroir::merge {

// What the reply shows besides the hits; the same for every way the hits came together.
struct ReplyFrame {
    std::string query;
    bool paged = false;
    std::uint64_t offset = 0, limit = 20;        // not paged
    std::uint64_t page = 1, hits_per_page = 20;  // paged
    bool facets = false;
    bool semantic = false;  // semanticHitCount
    bool query_vector = false;
    bool performance = false;  // performanceDetails
    HitShape hits;
    std::uint64_t processing_ms = 0;
    std::string request_uid;
    std::string metadata;  // JSON, or empty
};

// As the engine counts them: of pages so large that the sum turns over there are none.
std::uint64_t total_pages(std::uint64_t total, std::uint64_t size);

// The hits of a page as the client sees them, with commas between them.
struct ShownHits {
    std::string text;
    const PickedHit* broken = nullptr;  // the first that is no JSON object: then the text is not to be shown
};
ShownHits write_hits(std::span<const PickedHit> page, const HitShape& shape);

// `hits`: what write_hits() has made of the page.
std::string write_search_reply(std::string_view hits, std::span<const NodeAnswer> answers, const MergedHits& merged,
                               std::span<const MergedFacet> facets, const ReplyFrame& frame);

}  // namespace miroir::merge
