// Moves shards until each is where it ought to be: plans, carries the moves through their phases (move_step.h), and
// lets nodes join when they are filled and leave when they are empty. Nothing is remembered but what the store keeps:
// a new process goes on where the last one ended. Lives on the office's executor.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cluster/schedule.h"
#include "env/metrics.h"
#include "quorum/repair/mover.h"
#include "rebalance/move_step.h"
#include "rebalance/topology_book.h"
#include "rebalance/write_off.h"

namespace miroir::rebalance {

struct RebalancerOptions {
    bool by_itself = true;  // after each change of the topology; otherwise only when asked
    cluster::MoveLimits limits;
    std::chrono::nanoseconds grace = std::chrono::seconds(10);  // the old copy is kept so long after the cut-over
    std::chrono::nanoseconds every = std::chrono::milliseconds(200);
    std::chrono::nanoseconds write_off_after{0};  // a node that is away for so long is lost for good; 0: never
    bool take_back = true;                        // those that were written off for it and answer again
    std::chrono::nanoseconds look_for_returned = std::chrono::seconds(5);
    std::chrono::nanoseconds move_timeout{0};  // a move without progress for so long is given up; 0: never
    std::uint64_t max_node_bytes = 0;          // of a database, by what moves to it; 0: no limit
    std::vector<cluster::Window> windows{};    // when moves may begin; none: always
    env::Metrics* metrics = &env::no_metrics();
};

class Rebalancer {
public:
    Rebalancer(env::Env env, tasks::Store& store, TopologyBook& book, quorum::Mover& mover, RebalancerOptions options)
        : env_(env), store_(store), book_(book), mover_(mover), options_(std::move(options)), turn_(env.executor) {}

    // The moves that an earlier process left.
    env::Task<Result<void>> open();
    env::Task<void> run(env::Cancel stop);

    // The operator's wishes, durable when they return; 409 where there is nothing to do.
    env::Task<Result<void>> start();   // also ends a pause
    env::Task<Result<void>> pause();   // moves that run are finished, none begins
    env::Task<Result<void>> cancel();  // pauses, and gives up what has not been cut over

    // All nodes of the group leave at once; 409 where others lack what it holds. Its nodes stay known as removed, or
    // are forgotten.
    env::Task<Result<void>> drop_group(GroupId group, bool forget, bool only_judge);

    struct Status {
        enum class Mood : std::uint8_t { Idle, Running, Paused, Waiting } mood = Mood::Idle;  // Waiting: to be started
        std::vector<MoveRecord> moves;                                                        // under way
        std::vector<cluster::PlannedMove> planned;                                            // not begun
        std::uint64_t cut_over = 0;                 // moves, since the process started
        std::chrono::nanoseconds longest_pause{0};  // of writes, at a cut-over
        quorum::Copied copied;
        std::vector<AbsenceVerdict> absent;  // nodes that are down
        bool window_open = true;
        std::string trouble;  // why the last round did not get on, or why moves do not begin; or empty
    };
    Status status() const;
    std::string waits_for(const MoveRecord& move) const;
    std::uint64_t documents_of(ShardId shard) const { return mover_.documents_of(shard); }  // about
    std::vector<cluster::PlannedMove> plan() const;

private:
    // Asked for several times a second, but another only with another topology or other indexes.
    struct Planned {
        std::uint64_t topology_version = 0;
        std::vector<std::uint64_t> indexes;
        std::vector<cluster::PlannedMove> moves;
    };
    using Keys = std::vector<std::string>;
    using MoveChange = std::function<Result<cluster::TopologyPtr>(const cluster::Topology&, const cluster::Move&)>;
    env::Task<Result<void>> round();
    env::Task<Result<void>> take_steps();
    env::Task<void> pass_lanes();
    env::Task<Result<void>> take(MoveStep step, Keys keys);
    env::Task<Result<void>> owe(Keys keys);
    env::Task<Result<void>> cut_over(Keys keys, bool empty);
    env::Task<Result<void>> tell_losses(const Keys& keys);
    env::Task<Result<void>> wipe(Keys keys);
    env::Task<Result<void>> drop(Keys keys);
    env::Task<Result<void>> begin_moves();
    env::Task<Result<void>> settle_nodes();
    env::Task<Result<void>> look_after_absent();
    void look_for_stuck();
    // Nodes that were written off by the cluster itself. See returns.cpp.
    void remember(tasks::Batch& batch, const NodeId& node) const;
    env::Task<void> welcome_back(env::Cancel stop);
    env::Task<Result<void>> look_at_returned(tasks::Record mark);
    Result<void> judge_group(const cluster::Topology& topology, GroupId group) const;
    std::vector<AbsenceVerdict> absences() const;
    bool window_is_open() const;
    void leave_out_what_must_wait(std::vector<cluster::PlannedMove>& next);
    env::Task<Result<void>> introduce();
    MoveFacts facts_of(const std::string& key, const cluster::Topology& topology);
    std::vector<MoveRecord> moved_to(const Keys& keys, MovePhase phase) const;
    env::Task<Result<void>> commit(std::vector<MoveRecord> moves, MoveChange change, bool over = false);
    env::Task<Result<void>> keep_phase(std::vector<MoveRecord> moves, tasks::Batch also);
    env::Task<Result<void>> keep_wishes(bool paused, bool started, bool giving_up);
    void note(const std::string& key, const MoveRecord& move);
    void show();

    env::Env env_;
    tasks::Store& store_;
    TopologyBook& book_;
    quorum::Mover& mover_;
    RebalancerOptions options_;
    env::Lane turn_;  // rounds, and what must not come amid one
    std::map<std::string, MoveRecord> moves_;
    std::map<std::string, env::Monotonic> phase_since_;  // of this process: after a restart a grace begins anew
    std::uint64_t lanes_passed_at_ = 0;                  // placement version before which every write has been sent
    struct Passing {                                     // it will have been, once these are let go
        std::uint64_t version = 0;
        quorum::Hints::Places places;
    };
    std::vector<Passing> passing_;                               // by version
    std::map<std::string, quorum::Hints::Places> wiped_behind_;  // what was planned before a copy was given up
    std::set<NodeId> introduced_;                                // joining nodes that were told of all indexes
    std::map<NodeId, env::Monotonic> away_since_;                // as this process has seen it
    std::set<std::string> stuck_;                                // moves without progress, to be given up
    std::uint64_t progress_ = 0;                                 // what was copied and cut over
    env::Monotonic progress_at_{};
    std::map<NodeId, std::string> not_taken_back_;  // why, as it was last said
    bool paused_ = false;
    bool started_ = false;
    bool giving_up_ = false;
    std::uint64_t cut_over_ = 0;
    std::chrono::nanoseconds longest_pause_{0};
    std::string trouble_;
    std::string no_room_;  // why moves do not begin
    struct Shown {         // as metrics
        std::uint64_t cut_over = 0;
        quorum::Copied copied;
        std::optional<env::Monotonic> busy_since;
    } shown_;
    mutable Planned planned_;
};

std::string_view name_of(Rebalancer::Status::Mood mood);  // "running"

}  // namespace miroir::rebalance
