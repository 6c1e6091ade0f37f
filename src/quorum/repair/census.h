// How many documents each node holds of each shard of each index, and how large its database is: one cheap question a
// node, and one more (the counts of a facet) for an index in which something has changed. The last count of each shard
// is durable, so that what is lost with a node can be told in numbers. Lives on one executor.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "quorum/writer.h"

namespace miroir::quorum {

struct IndexCount {
    std::map<ShardId, std::uint64_t> by_shard;  // by the label that documents carry, whoever ought to hold them
    std::uint64_t documents = 0;                // labelled or not
    std::uint64_t document_bytes = 0;           // of one, on average
    std::uint64_t unlabelled() const;
};

struct NodeCount {
    std::uint64_t database_bytes = 0;
    std::map<IndexUid, IndexCount> indexes;
};

struct CensusOptions {
    std::chrono::nanoseconds every = std::chrono::seconds(20);
};

class Census {
public:
    Census(env::Env env, tasks::Store& store, CatalogBook& catalog, Writer& writer, BehindBoard& board,
           CensusOptions options)
        : env_(env), store_(store), catalog_(catalog), writer_(writer), board_(board), options_(options) {}

    env::Task<Result<void>> open();  // what an earlier process counted
    env::Task<void> run(std::function<cluster::TopologyPtr()> topology, env::Cancel stop);
    env::Task<void> look_at_all(cluster::TopologyPtr topology);
    env::Task<bool> look(cluster::Node node);  // at one, now. False: it could not be asked

    const NodeCount* of(const NodeId& node) const;
    // As the replicas that answer for it said last, of all indexes.
    std::uint64_t documents_of(ShardId shard) const;
    std::uint64_t bytes_of(ShardId shard) const;  // about

private:
    struct Known {
        NodeCount count;
        std::map<IndexUid, std::uint64_t> epochs;  // of the index, when it was counted
    };
    env::Task<bool> count_shards(cluster::Node node, plan::IndexPtr index, IndexCount& count);
    double room_for_a_byte() const;
    env::Task<void> keep(cluster::TopologyPtr topology);

    env::Env env_;
    tasks::Store& store_;
    CatalogBook& catalog_;
    Writer& writer_;
    BehindBoard& board_;
    CensusOptions options_;
    std::map<NodeId, Known> nodes_;
    CountsByIndex last_;
};

}  // namespace miroir::quorum
