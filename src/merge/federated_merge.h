// Hits of several queries, over one index or several, as one list: by weighted score group by group, as the engine
// merges federations, first those of each index, then the indexes; ties keep the order of the queries. A document found
// by several queries of one index comes once.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "merge/search_merge.h"
#include "protocol/score_details.h"

namespace miroir::merge {

// What one query found, best first.
struct FederatedSource {
    std::span<const PickedHit> hits;
    std::span<const PlacedHit> pins{};
    std::string index;
    std::size_t query = 0;  // its place in the request
    double weight = 1;
    std::size_t limit = SIZE_MAX;  // hits its index may give
};

struct FederatedRecipe {
    std::uint64_t skip = 0;
    std::uint64_t take = 20;
    bool distinct = false;  // by the distinct value of each hit
};

struct FederatedHit {
    std::size_t source = 0;
    const Hit* hit = nullptr;
    double score = 0;  // weighted
    std::vector<protocol::WeightedScore> key{};
};

struct FederatedHits {
    std::vector<FederatedHit> page;
    std::uint64_t repeated = 0;  // hits that an earlier query of the same index had found
    // Dropped by distinct: stamps of documents among those of their index, and hits beside those of other indexes.
    std::map<std::string, std::vector<std::string_view>, std::less<>> dropped;
    std::uint64_t rejected = 0;
    std::uint64_t semantic_hits = 0;
    bool guessed = false;  // compared by scores that nodes do not tell
};

FederatedHits merge_federated(std::span<const FederatedSource> sources, const FederatedRecipe& recipe);

}  // namespace miroir::merge
