// What anti-entropy decides without asking anybody: which copies are to be compared with which, how a document is told
// from another, and what one look at a stretch of several copies says. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "cluster/topology.h"
#include "json/value.h"
#include "plan/catalog.h"

namespace miroir::quorum {

// Shards of one index that the same nodes serve: compared in one go.
struct CompareUnit {
    IndexUid index;
    std::vector<NodeId> nodes;    // those that serve them, in the order of their names
    std::vector<ShardId> shards;  // ascending
    bool operator==(const CompareUnit&) const = default;
};

// Of all indexes. `from`, `most`: only so many shards, beginning behind this one and going round; 0: all.
std::vector<CompareUnit> compare_units(const cluster::Topology& topology, const plan::Catalog& catalog,
                                       std::uint32_t from = 0, std::uint32_t most = 0);

// Equal for equal documents, in whatever order their members come. Vectors that a node has made itself do not count.
std::uint64_t digest_of(const json::Value& document);

// A copy as it ought to look: with the label of its shard and a stamp.
struct CopyMarks {
    bool well_formed = false;
    std::uint64_t stamp = 0;
};
CopyMarks marks_of(const json::Value& document, const std::string& id, std::uint32_t shards);

// One node's part of a stretch. Cheap to compare: a number and a sum; only where these differ, id by id.
struct StretchDigest {
    std::uint64_t documents = 0;
    std::uint64_t sum = 0;
    bool operator==(const StretchDigest&) const = default;
};

class StretchCopy {
public:
    void add(std::string id, std::uint64_t digest);
    const StretchDigest& digest() const { return digest_; }
    // The documents in which any of these differs from another.
    static std::set<std::string> differing(const std::vector<StretchCopy>& copies);

private:
    StretchDigest digest_;
    std::unordered_map<std::string, std::uint64_t> by_id_;
};

}  // namespace miroir::quorum
