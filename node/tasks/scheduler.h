// The one who works: takes tasks from the queue in batches, one batch at a time over all indexes, until stopped.
// A cancelation of what runs stops it at the next pause. Lives on its executor.
#pragma once

#include <functional>

#include "env/cancel.h"
#include "node/tasks/batching.h"
#include "node/tasks/ledger.h"

namespace miroir::node {

struct SchedulerOptions {
    std::size_t batched_tasks_max = SIZE_MAX;
    std::size_t slice = 512;
};

class Scheduler {
public:
    using Verdict = std::function<std::optional<Error>(const protocol::Task&)>;  // an error: the task fails at once
    using Finished = std::function<void(const std::vector<protocol::Task>&)>;

    Scheduler(env::Env env, World& world, Ledger& ledger, SchedulerOptions options)
        : env_(env), world_(world), ledger_(ledger), options_(options) {}

    void start();            // begins with whatever the queue holds
    void wake();             // there is a new task
    env::Task<void> stop();  // what runs is given up and stays enqueued

    void set_verdict(Verdict verdict) { verdict_ = std::move(verdict); }
    void on_finished(Finished finished) { finished_ = std::move(finished); }
    bool idle() const { return world_.queue.enqueued().empty() && !world_.queue.running(); }

private:
    env::Task<void> run();
    env::Task<void> run_batch(BatchPlan plan);
    void fail_by_verdict(BatchRun& run);
    bool cancels_running(const Work& work) const;
    protocol::Instant now() { return env_.clock.wall(); }

    env::Env env_;
    World& world_;
    Ledger& ledger_;
    SchedulerOptions options_;
    Verdict verdict_;
    Finished finished_;
    std::optional<env::OneShot<bool>> asleep_;
    std::optional<env::OneShot<bool>> ended_;
    env::Cancel cancel_;
    bool stopping_ = false;
    bool running_ = false;
};

}  // namespace miroir::node
