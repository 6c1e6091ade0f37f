// Carries write orders out, and follows them to their end:
//   take the lanes of the nodes → write the task and all its requests down → send to every node at once → count per
//   shard → strike out what the nodes took; the rest is owed to them → answer; then poll until each has finished, fold.
// One executor. The caller holds the lane of the index until submit() has returned: replicas get writes in one order.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <span>

#include "env/lane.h"
#include "quorum/catalog_book.h"
#include "quorum/hints.h"
#include "quorum/node_link.h"
#include "quorum/repair/debts.h"
#include "quorum/repair/touches.h"
#include "quorum/repair/witnesses.h"
#include "quorum/settings_change.h"
#include "quorum/turns/answers.h"
#include "quorum/turns/shifting.h"
#include "quorum/write_order.h"
#include "quorum/writer_options.h"
#include "tasks/task_book.h"

namespace miroir::quorum {

struct Receipt {
    protocol::Task task;            // as enqueued: for the summary
    std::vector<ShardId> degraded;  // accepted, but some replica has only a hint; ascending
    std::vector<protocol::Task> carried{};
};

class Writer {
public:
    using TopologySource = std::function<cluster::TopologyPtr()>;
    Writer(env::Env env, http::Client& client, tasks::Store& store, TopologySource topology, tasks::TaskBook& tasks,
           CatalogBook& catalog, BehindBoard& board, WriterOptions options);
    cluster::TopologyPtr topology() const { return topology_(); }  // of now; that of before a longer work may be old

    env::Lane& lane(const IndexUid& index);  // writes that concern several enter theirs in the order of their names
    std::vector<IndexUid> indexes_with_lanes() const;  // in that order
    NodeLink& link(const NodeId& node);
    Hints& hints() { return hints_; }
    const Hints& hints() const { return hints_; }
    Debts& debts() { return debts_; }
    const Debts& debts() const { return debts_; }
    Witnesses& witnesses() { return witnesses_; }
    Graves& graves() { return graves_; }
    Shifting& shifting() { return shifting_; }
    Touches& touches() { return touches_; }
    Deletion deletion_of(const IndexUid& index, const std::string& id, std::uint64_t stamp) const;  // since then
    // Reads what the store keeps: what nodes are owed and known by, changes of settings. Before anything else.
    env::Task<Result<void>> open();
    // The node is in debt for all that it should hold by now of an index, or of every index.
    void owe_index(tasks::Batch& batch, const NodeId& node, const IndexUid& index, const std::string& why);
    void owe_all(tasks::Batch& batch, const NodeId& node, const std::string& why);
    // Are the index's settings being changed on some nodes and not on others?
    bool is_changing(const IndexUid& index) const;
    // Has the node been sent all that was written to the index, so that what it shows is what it holds?
    bool at_rest(const NodeId& node, const IndexUid& index) const;
    env::Task<Result<Receipt>> submit(WriteOrder order, std::vector<plan::CatalogChange> changes);
    // Compares the settings that nodes show with those committed, until `stop`; what differs is repaired by follow().
    env::Task<void> watch_settings(std::function<cluster::TopologyPtr()> topology, env::Cancel stop);
    // Ours: when the turn of such a task has come, `work` is started beside the others, anew after a restart. It yields
    // the details of the task that has ended well.
    using OwnWork = std::function<env::Task<Result<json::Value>>(protocol::Task task, json::Value wish)>;
    void carry_out_here(protocol::TaskType type, OwnWork work) { own_work_[type] = std::move(work); }

    // Takes up what a crash interrupted, then follows unfinished tasks until `stop`.
    env::Task<void> follow(std::function<cluster::TopologyPtr()> topology, env::Cancel stop);

private:
    struct Sending;
    tasks::TaskEntry entry_of(const WriteOrder& order);
    bool quiet_on_its_way(const Sending& sending) const;
    std::set<NodeId> missed_now(const Sending& sending);
    env::Task<void> enter_lanes(Sending& sending);
    env::Task<Result<void>> choose_uids(Sending& sending);
    void write_hints(Sending& sending, std::uint64_t uid, tasks::Batch& also);
    env::Task<Result<void>> send_parts(Sending& sending, NodeId node);
    env::Task<void> look_for_others(Sending& sending);
    void count_attainable(const Sending& sending, std::vector<std::uint8_t>& attainable) const;
    env::Task<Result<Receipt>> settle(Sending& sending);
    env::Task<void> settle_behind(Sending sending);
    env::Task<Result<Receipt>> refuse(Sending& sending, Error error);
    void dig(tasks::Batch& batch, const WriteOrder& order, std::uint64_t task,
             const std::vector<plan::CatalogChange>& changes);
    void fill(tasks::Batch& batch, const WriteOrder& order);
    env::Task<Result<void>> keep(Sending& sending, tasks::TaskEntry entry, bool all_struck);
    env::Task<bool> follow_once(cluster::TopologyPtr topology);
    env::Task<void> ask_about(std::vector<std::uint64_t> open, const cluster::Topology& topology);
    env::Task<bool> replay_hint(cluster::TopologyPtr topology, cluster::Node node);  // see replay.cpp
    env::Task<bool> replay_hints(cluster::TopologyPtr topology, cluster::Node node);
    env::Task<bool> send_hint(cluster::Node node, Hints::Hint hint);
    env::Task<bool> await_hint(cluster::TopologyPtr topology, cluster::Node node, Hints::Hint hint);
    env::Task<bool> give_up(NodeId node, Hints::Hint hint, Error why);
    env::Task<bool> hint_accepted(NodeId node, Hints::Hint hint, SendOutcome outcome);
    env::Task<void> shed_hints(cluster::TopologyPtr topology, NodeId node);
    void owe_task(tasks::Batch& batch, const NodeId& node, std::uint64_t task, const std::string& why);
    void owe_from(tasks::Batch& batch, const tasks::TaskEntry& entry, const NodeId& node,
                  const std::set<NodeId>& givers, const std::string& why);
    const OwnWork* own_work(const tasks::TaskEntry& entry) const;
    env::Task<void> carry_out(std::uint64_t uid, OwnWork work);
    enum class Followed : std::uint8_t { Ended, Waiting, Stuck };  // Stuck: only nodes that are away hold it up
    env::Task<Followed> follow_task(std::uint64_t uid, cluster::TopologyPtr topology);
    struct Ending {
        tasks::Batch batch;
        std::vector<std::pair<NodeId, std::uint64_t>> owed;  // places of hints in it
    };
    enum class Debtors : std::uint8_t { Never, WhereAllAre };  // may stand for a shard
    bool covered(const tasks::TaskEntry& entry, const cluster::Topology& topology, const std::set<NodeId>& without,
                 Debtors debtors = Debtors::Never) const;
    bool excuse_absent(tasks::TaskEntry& entry, const cluster::Topology& topology, Ending& ending);
    void excuse_failed(tasks::TaskEntry& entry, const cluster::Topology& topology, Ending& ending);
    env::Task<bool> end_task(tasks::TaskEntry entry, std::uint32_t copies, Ending ending = {});
    void judge_loss(tasks::TaskEntry& entry, const cluster::Topology& topology, tasks::NodeTask& part) const;
    env::Task<void> look_after_parts(std::span<tasks::TaskEntry> entries, cluster::TopologyPtr topology);
    env::Task<void> note_loss(tasks::TaskEntry& entry, tasks::NodeTask& part, cluster::TopologyPtr topology);
    env::Task<bool> carry_cancelations(cluster::TopologyPtr topology);  // they overtake all else, see purge.cpp
    env::Task<void> carry_cancelation(std::uint64_t uid, cluster::TopologyPtr topology);
    std::vector<tasks::TaskEntry> open_targets(const tasks::TaskEntry& cancelation) const;
    env::Task<bool> cancel_on_node(NodeId node, std::string address, std::vector<std::uint64_t> uids);
    env::Task<void> cancel_task(std::uint64_t uid, std::uint64_t by, cluster::TopologyPtr topology);
    std::optional<std::uint64_t> canceler_of(std::uint64_t uid) const;
    env::Task<std::uint64_t> delete_targets(const tasks::TaskEntry& entry);
    env::Task<bool> forget_oldest();
    void wake();
    struct Release {  // of changes of settings, see settings_rounds.cpp
        NodeId node;
        std::uint64_t place = 0;  // of a hint that was held back
        std::uint64_t task = 0;
        std::size_t part = 0;
        bool quiet = false;
        bool awaited = true;  // its task ends only once the node has carried it out
    };
    struct Turn {  // one step of one change, until it is durable
        std::uint64_t uid = 0;
        SettingsChange change;
        tasks::TaskEntry entry;
        std::map<NodeId, std::uint64_t> nodes{};  // see plan::IndexEntry::node_versions
        tasks::Batch batch{};
        std::vector<Release> released{};
        std::vector<std::pair<NodeId, std::uint64_t>> dropped{}, owed{};  // places of hints
    };
    env::Task<Result<void>> open_changes();
    void note_change(std::uint64_t uid, SettingsChange change, tasks::Batch& batch);
    void release(Turn& turn, const NodeId& node, bool drop_own);
    void send_in_turn(Turn& turn, const NodeId& node, std::string body);
    void open_wave(Turn& turn);
    env::Task<bool> keep_turn(Turn turn);
    env::Task<void> let_go(std::vector<Release> released, std::uint64_t holder);
    env::Task<Followed> follow_change(std::uint64_t uid, cluster::TopologyPtr topology);
    env::Task<Followed> begin_change(Turn turn, cluster::TopologyPtr topology, plan::IndexPtr index);
    SettingsLook::Seen look_at(Turn& turn, const cluster::Topology& topology, const NodeId& node);
    env::Task<bool> show(SettingsLook::Seen& seen, IndexUid index, std::string address);
    env::Task<void> show_all(SettingsLook& look, IndexUid index, cluster::TopologyPtr topology);
    bool covers_now(const Turn& turn, const SettingsLook& look, const cluster::Topology& topology) const;
    env::Task<Followed> take_step(Turn turn, SettingsStep step, cluster::TopologyPtr topology);
    env::Task<Followed> end_change(Turn turn, cluster::TopologyPtr topology, bool committed);
    void count_mismatch(const IndexUid& index);
    void note_version(const IndexUid& index);
    env::Task<void> compare_settings(cluster::TopologyPtr topology);
    void note_refusal(const NodeId& node);
    bool may_compare(const cluster::Node& node, const plan::IndexEntry& index) const;
    env::Task<bool> free_orphans();
    env::Task<bool> mend_settings(cluster::Node node);
    env::Task<bool> mend_index(cluster::Node node, plan::IndexPtr index);
    env::Task<bool> set_versions(plan::IndexPtr index, std::map<NodeId, std::uint64_t> versions, std::string print);

    env::Env env_;
    http::Client& client_;
    tasks::Store& store_;
    TopologySource topology_;
    tasks::TaskBook& tasks_;
    CatalogBook& catalog_;
    WriterOptions options_;
    Hints hints_;
    Debts debts_;
    Witnesses witnesses_;
    Graves graves_;
    Touches touches_;
    std::map<IndexUid, env::Lane> lanes_;
    std::map<NodeId, std::unique_ptr<NodeLink>> links_;
    env::Lane replayed_{env_.executor};  // nodes catch up side by side; what they took changes the same tasks
    std::map<std::uint64_t, SettingsChange> changes_;                  // by task
    std::map<std::pair<IndexUid, NodeId>, SettingsSuspect> suspects_;  // found by watch_settings(), or to be repaired
    std::set<std::uint64_t> sending_;                                  // begun, and not yet settled: not followed
    std::map<std::uint64_t, std::vector<tasks::NodeTask>> acknowledged_;  // of these: with the parts that nodes have
    std::map<protocol::TaskType, OwnWork> own_work_;
    std::set<std::uint64_t> at_own_work_;
    Shifting shifting_;
    Answers answers_;
    std::optional<env::OneShot<bool>> asleep_;
    bool woken_ = false;  // while awake
    env::Monotonic look_for_old_at_{}, quiet_in_vain_until_{};
    std::set<NodeId> waited_for_in_vain_;  // until they take a write again
};

}  // namespace miroir::quorum
