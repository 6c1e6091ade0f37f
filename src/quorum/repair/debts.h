// Who lacks what, durable: a node that failed where its peers succeeded, came back with less than it had taken, or was
// away for longer than its hints were kept, is in debt for shards of an index until they have been copied from a
// replica and compared (mender.h). What no replica had any more is a loss: it is told, and answered without. A debt
// holds from the moment it is added, durable or not yet: that is the safe side.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "quorum/behind.h"
#include "tasks/store.h"

namespace miroir::quorum {

struct Debt {
    std::vector<ShardId> shards;   // ascending
    std::vector<ShardId> surplus;  // those of them of which it lacks nothing, and has what nobody was told of
    std::string why;
    std::uint64_t version = 0;  // grows whenever something is added: what was copied before does not count
};

struct Loss {
    std::vector<ShardId> shards;
    std::string why;
};

class Debts {
public:
    using Key = std::pair<NodeId, IndexUid>;

    Debts(tasks::Store& store, BehindBoard& board) : store_(store), board_(board) {}
    env::Task<Result<void>> open();

    enum class Kind : std::uint8_t { Lacks, Surplus };
    void add(tasks::Batch& batch, const NodeId& node, const IndexUid& index, std::vector<ShardId> shards,
             std::string why, Kind kind = Kind::Lacks);
    // An index gets another name: who lacks shards under one of the two lacks them under both until it is mended.
    void spread(tasks::Batch& batch, const IndexUid& first, const IndexUid& second);
    // These shards of it are paid, as part of `batch`; to be followed by paid_now() once that is durable.
    void pay(tasks::Batch& batch, const Key& key, const std::vector<ShardId>& shards) const;
    void paid_now(const Key& key, const std::vector<ShardId>& shards);
    void lose(tasks::Batch& batch, const IndexUid& index, std::vector<ShardId> shards, std::string why);
    void forget_losses(tasks::Batch& batch, const IndexUid& index);  // it was deleted or emptied

    const std::map<Key, Debt>& all() const { return debts_; }
    const Debt* find(const Key& key) const;
    bool any(const NodeId& node) const;
    bool owes(const NodeId& node, const IndexUid& index) const { return find({node, index}) != nullptr; }
    bool lacks(const NodeId& node, const IndexUid& index, const std::vector<ShardId>& shards) const;  // any of these
    // Whatever was acknowledged of the shard is there: where no peer has it any more it stands as it is.
    bool has_enough(const NodeId& node, const IndexUid& index, ShardId shard) const;
    const std::map<IndexUid, Loss>& losses() const { return losses_; }

private:
    void show(const NodeId& node);
    void show_losses();

    tasks::Store& store_;
    BehindBoard& board_;
    std::map<Key, Debt> debts_;
    std::map<IndexUid, Loss> losses_;
    std::uint64_t next_version_ = 1;
};

}  // namespace miroir::quorum
