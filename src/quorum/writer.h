// Carries write orders out, and follows them to their end:
//   take the lanes of the nodes → write the task and all its requests down → send to every node at once → count per
//   shard → strike out what the nodes took; the rest is owed to them → answer; then poll until each has finished, fold.
// Lives on one executor. The caller holds the lane of the index from planning until submit() has returned, so that all
// replicas get an index's writes in one order.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>

#include "env/lane.h"
#include "quorum/ack_rule.h"
#include "quorum/catalog_book.h"
#include "quorum/hints.h"
#include "quorum/node_link.h"
#include "quorum/write_order.h"
#include "tasks/task_book.h"

namespace miroir::quorum {

struct WriterOptions {
    AckRule acks;
    LinkOptions link;
    std::chrono::nanoseconds poll_least = std::chrono::milliseconds(3);
    std::chrono::nanoseconds poll_most = std::chrono::milliseconds(200);
    std::size_t tasks_kept_max = 1'000'000;  // then a tenth of them go, the oldest finished ones first
    std::chrono::nanoseconds cancel_timeout = std::chrono::seconds(5);
};

struct Receipt {
    protocol::Task task;            // as enqueued: for the summary
    std::vector<ShardId> degraded;  // accepted, but some replica has only a hint
};

class Writer {
public:
    Writer(env::Env env, http::Client& client, tasks::Store& store, tasks::TaskBook& tasks, CatalogBook& catalog,
           BehindBoard& board, WriterOptions options);

    // The lane of one index; writes that concern several enter them in the order of their names.
    env::Lane& lane(const IndexUid& index);
    NodeLink& link(const NodeId& node);
    Hints& hints() { return hints_; }

    env::Task<Result<Receipt>> submit(WriteOrder order, std::vector<plan::CatalogChange> changes);

    // Takes up what a crash interrupted, then follows unfinished tasks until `stop`.
    env::Task<void> follow(std::function<cluster::TopologyPtr()> topology, env::Cancel stop);

private:
    struct Sending;
    tasks::TaskEntry entry_of(const WriteOrder& order);
    env::Task<Result<void>> choose_uids(Sending& sending);
    env::Task<Result<void>> send_parts(Sending& sending, NodeId node);
    void count_attainable(const Sending& sending, std::vector<std::uint8_t>& attainable) const;
    env::Task<Result<Receipt>> settle(Sending& sending);
    env::Task<Result<Receipt>> refuse(Sending& sending, Error error);
    env::Task<Result<void>> keep(Sending& sending, tasks::TaskEntry entry, bool all_struck);
    env::Task<bool> follow_once(cluster::TopologyPtr topology);
    // What a node is owed, one after another. See replay.cpp.
    env::Task<bool> replay_hint(cluster::Node node);
    env::Task<bool> send_hint(cluster::Node node, Hints::Hint hint);
    env::Task<bool> await_hint(cluster::Node node, Hints::Hint hint);
    env::Task<bool> hint_accepted(NodeId node, Hints::Hint hint, std::uint64_t uid);
    enum class Followed : std::uint8_t { Ended, Waiting, Stuck };  // Stuck: only nodes that are away hold it up
    env::Task<Followed> follow_task(std::uint64_t uid, cluster::TopologyPtr topology);
    struct Ending {
        tasks::Batch batch;
        std::vector<std::pair<NodeId, std::uint64_t>> owed;  // places of hints in it
    };
    bool covered(const tasks::TaskEntry& entry, const cluster::Topology& topology,
                 const std::set<NodeId>& without) const;
    bool excuse_absent(tasks::TaskEntry& entry, const cluster::Topology& topology, Ending& ending);
    void excuse_failed(tasks::TaskEntry& entry, const cluster::Topology& topology, Ending& ending);
    env::Task<void> end_task(tasks::TaskEntry entry, std::uint32_t copies, Ending ending = {});
    env::Task<void> look_after_parts(tasks::TaskEntry& entry, cluster::TopologyPtr topology);
    // Cancelations overtake all other tasks; deletions of tasks wait their turn. See purge.cpp.
    env::Task<bool> carry_cancelations(cluster::TopologyPtr topology);
    env::Task<void> carry_cancelation(std::uint64_t uid, cluster::TopologyPtr topology);
    env::Task<bool> cancel_on_node(NodeId node, std::string address, std::vector<std::uint64_t> uids);
    env::Task<void> cancel_task(std::uint64_t uid, std::uint64_t by, cluster::TopologyPtr topology);
    env::Task<std::uint64_t> delete_targets(const tasks::TaskEntry& entry);
    env::Task<void> forget_oldest();
    void wake();

    env::Env env_;
    http::Client& client_;
    tasks::Store& store_;
    tasks::TaskBook& tasks_;
    CatalogBook& catalog_;
    WriterOptions options_;
    Hints hints_;
    std::map<IndexUid, env::Lane> lanes_;
    std::map<NodeId, std::unique_ptr<NodeLink>> links_;
    std::set<std::uint64_t> sending_;  // begun, and not yet settled: not followed
    std::optional<env::OneShot<bool>> asleep_;
};

}  // namespace miroir::quorum
