// What may begin now: not outside the window, and not where there is no room. And what operators measure of it all.
#include <array>
#include <utility>

#include "rebalance/rebalancer.h"
#include "rebalance/room.h"

namespace miroir::rebalance {
namespace {

constexpr std::array kBounds = {1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0, 1800.0, 3600.0};
constexpr env::MetricName kRunning{.name = "miroir_rebalance_in_progress", .help = "Moves of shards under way."};
constexpr env::MetricName kPlanned{.name = "miroir_rebalance_planned", .help = "Moves of shards not begun yet."};
constexpr env::MetricName kPhases{.name = "miroir_rebalance_moves", .help = "Moves of shards under way, by phase."};
constexpr env::MetricName kCutOver{.name = "miroir_rebalance_moves_total", .help = "Moves that were cut over."};
constexpr env::MetricName kToCome{.name = "miroir_rebalance_documents_to_come",
                                  .help = "Documents of shards that move or have to, about."};
constexpr env::MetricName kCopied{.name = "miroir_rebalance_documents_migrated_total",
                                  .help = "Documents copied to nodes, repairs among them."};
constexpr env::MetricName kBytes{.name = "miroir_rebalance_bytes_migrated_total",
                                 .help = "Bytes of documents copied to nodes, repairs among them."};
constexpr env::MetricName kDuration{.name = "miroir_rebalance_duration_seconds",
                                    .help = "From the first move until none was left."};

}  // namespace

bool Rebalancer::window_is_open() const {
    return cluster::is_open(options_.windows, env_.clock.wall().time_since_epoch());
}

// Until the window opens, unless a copy is missing; and what has no room where it would go.
void Rebalancer::leave_out_what_must_wait(std::vector<cluster::PlannedMove>& next) {
    const cluster::TopologyPtr topology = book_.current();
    const bool open = window_is_open();
    std::erase_if(next, [open](const cluster::PlannedMove& planned) {
        const bool endangered =
            planned.reason == cluster::MoveReason::CopyMissing || planned.reason == cluster::MoveReason::NodeLost;
        return !open && !endangered;
    });
    no_room_.clear();
    for (const cluster::Node& node : topology->nodes()) {
        if (mover_.is_full(node.id))
            no_room_ = "node `" + node.id.value +
                       "` says that its disk is full: free space there; moves to it are tried again every minute";
    }
    const RoomFacts facts{.limit = options_.max_node_bytes,
                          .bytes_of = [this](ShardId shard) { return mover_.bytes_of(shard); },
                          .used = [this](const NodeId& node) { return mover_.database_of(node); }};
    std::vector<cluster::PlannedMove> fitting;
    for (const cluster::PlannedMove& planned : next) {
        if (planned.move.to && mover_.is_full(topology->node(*planned.move.to).id)) continue;
        fitting.push_back(planned);
        const Result<void> judged = judge_room(*topology, fitting, facts);
        if (judged) continue;
        no_room_ = judged.error().message;
        fitting.pop_back();
    }
    next = std::move(fitting);
}

void Rebalancer::show() {
    const std::vector<cluster::PlannedMove> planned = plan();
    std::array<std::uint64_t, 5> phases{};
    std::uint64_t to_come = 0;
    for (const auto& [key, move] : moves_) {
        ++phases[static_cast<std::size_t>(move.phase)];
        const bool filling = move.phase == MovePhase::Doubling || move.phase == MovePhase::Copying;
        if (filling) to_come += mover_.documents_of(move.shard);
    }
    for (const cluster::PlannedMove& move : planned) to_come += move.move.to ? mover_.documents_of(move.move.shard) : 0;
    env::Metrics& metrics = *options_.metrics;
    metrics.gauge(kRunning).set(static_cast<double>(moves_.size()));
    metrics.gauge(kPlanned).set(static_cast<double>(planned.size()));
    for (std::size_t i = 0; i < phases.size(); ++i) {
        const std::string_view phase = name_of(static_cast<MovePhase>(i));
        metrics.gauge(kPhases, {{"phase", phase}}).set(static_cast<double>(phases[i]));
    }
    metrics.gauge(kToCome).set(static_cast<double>(to_come));
    // Counters of this process: they grow by what is new since the last look.
    metrics.counter(kCutOver).add(static_cast<double>(cut_over_ - std::exchange(shown_.cut_over, cut_over_)));
    const quorum::Copied copied = mover_.copied();
    metrics.counter(kCopied).add(static_cast<double>(copied.documents - shown_.copied.documents));
    metrics.counter(kBytes).add(static_cast<double>(copied.bytes - shown_.copied.bytes));
    shown_.copied = copied;
    const bool busy = !moves_.empty();
    if (busy && !shown_.busy_since) shown_.busy_since = env_.clock.now();
    if (busy || !shown_.busy_since) return;
    const std::chrono::duration<double> lasted = env_.clock.now() - *shown_.busy_since;
    metrics.histogram(kDuration, kBounds).observe(lasted.count());
    shown_.busy_since.reset();
}

}  // namespace miroir::rebalance
