#include "node/tasks/scheduler.h"

#include <algorithm>

#include "env/log.h"

namespace miroir::node {

using protocol::Task;
using protocol::TaskStatus;
using protocol::TaskType;

void Scheduler::start() {
    running_ = true;
    env::spawn(env_.executor, run());
}

void Scheduler::wake() {
    const auto& running = world_.queue.running();
    if (running) {
        for (const std::uint64_t uid : world_.queue.enqueued()) {
            if (cancels_running(*world_.queue.find(uid))) cancel_.request();
        }
    }
    if (asleep_) asleep_->set(true);
}

bool Scheduler::cancels_running(const Work& work) const {
    if (work.task.type != TaskType::TaskCancelation) return false;
    const std::vector<std::uint64_t> targets = uids_param(work, "uids");
    return std::ranges::any_of(world_.queue.running_uids(),
                               [&](std::uint64_t uid) { return std::ranges::find(targets, uid) != targets.end(); });
}

env::Task<void> Scheduler::stop() {
    if (!running_) co_return;
    stopping_ = true;
    env::OneShot<bool> ended(env_.executor);
    ended_.emplace(ended);
    cancel_.request();
    if (asleep_) asleep_->set(true);
    co_await ended;
}

env::Task<void> Scheduler::run() {
    const FactsOf facts = [this](const std::string& uid) {
        const StoredIndex* stored = world_.find(uid);
        return stored == nullptr ? IndexFacts{}
                                 : IndexFacts{.exists = true, .primary_key = stored->index.primary_key()};
    };
    while (!stopping_) {
        std::optional<BatchPlan> plan = plan_batch(world_.queue, facts, options_.batched_tasks_max);
        if (!plan) {
            env::OneShot<bool> sleeping(env_.executor);
            asleep_.emplace(sleeping);
            co_await sleeping;
            asleep_.reset();
            continue;
        }
        env::Task<void> running = run_batch(std::move(*plan));
        co_await running;
        env::Task<Result<void>> compacting = ledger_.compact_if_due();
        const Result<void> compacted = co_await compacting;
        if (!compacted) env_.log.error("node.tasks", "cannot write a snapshot", {{"why", compacted.error().message}});
    }
    running_ = false;
    if (ended_) ended_->set(true);
}

// Tasks that are told to fail do so before they touch anything.
void Scheduler::fail_by_verdict(BatchRun& run) {
    if (!verdict_) return;
    std::vector<std::uint64_t> left;
    for (const std::uint64_t uid : run.uids) {
        if (auto error = verdict_(run.work(uid).task)) {
            run.fail(uid, run.work(uid).task.details, std::move(*error));
        } else {
            left.push_back(uid);
        }
    }
    run.uids = std::move(left);
}

env::Task<void> Scheduler::run_batch(BatchPlan plan) {
    cancel_ = env::Cancel();
    protocol::Batch batch{.uid = world_.queue.next_batch_uid(), .started_at = now(), .strategy = plan.strategy};
    world_.queue.start(batch, plan.uids);
    world_.queue.running_batch()->progress = {{.name = "processing tasks", .finished = 0, .total = 1}};
    Pace pace(env_, cancel_, false);
    BatchRun run{.world = world_, .pace = pace, .uids = plan.uids, .now = batch.started_at, .slice = options_.slice};
    fail_by_verdict(run);
    if (!run.uids.empty()) {
        env::Task<void> carrying = carry_out(run);
        co_await carrying;
    }
    if (run.cancelled) {
        world_.queue.stop();
        co_return;
    }
    const protocol::Instant finished = now();
    for (Task& task : run.results) {
        task.batch_uid = batch.uid;
        if (!task.started_at) task.started_at = batch.started_at;
        task.finished_at = finished;
    }
    batch.finished_at = finished;
    std::vector<const Task*> members;
    for (const Task& task : run.results) members.push_back(&task);
    batch.stats = protocol::batch_stats(members);
    batch.details = protocol::batch_details(members);
    ledger_.record_batch(run, batch);
    env::Task<Result<void>> committing = ledger_.commit();
    const Result<void> safe = co_await committing;
    if (!safe) env_.log.error("node.tasks", "cannot write the end of a batch", {{"why", safe.error().message}});
    const std::vector<Task> results = run.results;
    Ledger::settle(world_, run, std::move(batch));
    if (finished_) finished_(results);
}

}  // namespace miroir::node
