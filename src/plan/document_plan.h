// A batch of documents split over the nodes that hold their shards, as bytes: one NDJSON body a node, both reserved
// fields spliced in. Pure; the batch has been judged before (protocol::judge_batch), so that no part of it can fail
// where another succeeds.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "cluster/topology.h"
#include "protocol/documents/payload.h"

namespace miroir::plan {

struct NodeBody {
    std::string ndjson;
    std::vector<ShardId> shards;  // that the body touches, ascending
    std::size_t documents = 0;
};

struct DocumentPlan {
    std::map<cluster::NodeIndex, NodeBody> bodies;
    std::vector<ShardId> shards;  // that the batch touches, ascending
    std::size_t distinct = 0;     // documents: one that comes twice counts once
};

// `ids` and `stamps` stand beside the documents of the payload. Every replica that may take writes gets its documents
// in the order of the batch.
DocumentPlan split_documents(const protocol::Payload& payload, std::span<const std::string> ids,
                             std::span<const std::uint64_t> stamps, const cluster::Topology& topology,
                             std::uint32_t shards);

// MiroirReservedField when a document uses a name that is ours.
Result<void> refuse_reserved_fields(const protocol::Payload& payload);

// The nodes that hold a copy of any of these shards, with the shards of each.
std::map<cluster::NodeIndex, std::vector<ShardId>> holders_of(const cluster::Topology& topology,
                                                              std::span<const ShardId> shards);

}  // namespace miroir::plan
