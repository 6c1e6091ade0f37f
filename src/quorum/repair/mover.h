// What moving shards asks of the writing side: who lacks which shards, the order of writes, and the deletion of copies
// that nobody needs. The copying itself is the mender's: a node that is being filled is in debt for its shards until
// they equal those of a replica that serves them. Lives on the office's executor.
#pragma once

#include <vector>

#include "quorum/repair/census.h"
#include "quorum/repair/mender.h"

namespace miroir::quorum {

class Mover {
public:
    Mover(env::Env env, CatalogBook& catalog, Writer& writer, Mender& mender, const Errands& errands,
          const Census& census)
        : env_(env), catalog_(catalog), writer_(writer), mender_(mender), errands_(errands), census_(census) {}

    // Every write that was planned before the call has been sent, is owed, or is held back before these places, when it
    // returns.
    env::Task<Hints::Places> pass_all_lanes();
    // Where the node's next request will stand.
    Hints::Places place_of(const NodeId& node) const;
    // A change of settings has not let go yet of all that stands before these places.
    bool holds_before(const Hints::Places& places) const { return writer_.hints().holds_before(places); }
    // Nobody writes while these are held.
    env::Task<std::vector<env::Lane::Pass>> hold_all_lanes();

    // The node is in debt for these shards of every index that has them; with none of them, for the bare index. In
    // force at once, durable with `batch`.
    void owe(tasks::Batch& batch, const NodeId& node, const std::vector<ShardId>& shards, const std::string& why);
    // Nobody has these shards any more: told of every index that has them.
    void lose(tasks::Batch& batch, const std::vector<ShardId>& shards, const std::string& why);

    bool lacks(const NodeId& node, ShardId shard) const;  // in some index
    bool lacks_any(const NodeId& node) const { return writer_.debts().any(node); }
    bool waits(const NodeId& node) const { return writer_.hints().any(node); }  // for writes that it missed
    bool knows_settings(const NodeId& node, ShardId shard) const;               // of all indexes that have it
    std::uint32_t indexes_with(ShardId shard) const;

    bool is_full(const NodeId& node) const { return errands_.is_full(node); }
    // As the nodes count, about.
    std::uint64_t documents_of(ShardId shard) const { return census_.documents_of(shard); }
    std::uint64_t bytes_of(ShardId shard) const { return census_.bytes_of(shard); }
    std::optional<std::uint64_t> database_of(const NodeId& node) const {
        const NodeCount* count = census_.of(node);
        return count == nullptr ? std::nullopt : std::optional(count->database_bytes);
    }

    env::Task<bool> wipe(cluster::Node node, std::vector<ShardId> shards) {
        return mender_.wipe(std::move(node), std::move(shards));
    }
    // Whoever is at the address of the node that comes.
    env::Task<Result<http::Reply>> ask(NodeId node, std::string address, http::Outgoing request) {
        co_return co_await writer_.link(node).ask_anybody(std::move(address), std::move(request));
    }
    // Which node of the cluster the server at this address is: one that took our writes. Fails where it does not say.
    env::Task<Result<std::optional<NodeId>>> known_as(NodeId asker, std::string address) {
        return mender_.known_as(std::move(asker), std::move(address));
    }
    // What the node must know if it is who it was.
    std::vector<Witness> witnesses_of(const NodeId& node) const { return writer_.witnesses().of(node); }
    // Whoever had our store has written to this node, as it shows at kClaimsTarget.
    bool bears_our_name(const NodeId& node, const json::Value& page) const {
        return writer_.link(node).bears_our_name(page);
    }
    // Somebody else has written to the node: its tasks are counted from what it says.
    void count_anew(const NodeId& node) { writer_.link(node).ask_anew(); }
    // All that is kept for a node that has left.
    std::vector<std::uint64_t> forget(tasks::Batch& batch, const NodeId& node);
    void forgotten(const NodeId& node, const std::vector<std::uint64_t>& places);  // once the batch is durable
    const Copied& copied() const { return mender_.copied(); }

private:
    env::Env env_;
    CatalogBook& catalog_;
    Writer& writer_;
    Mender& mender_;
    const Errands& errands_;
    const Census& census_;
};

}  // namespace miroir::quorum
