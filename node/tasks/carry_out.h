// Carries out one batch on the world: changes the indexes and says how each task ended. Long work pauses between
// slices so that the node goes on answering; a cancelled batch has changed nothing. Replaying a batch from the log is
// the same code without pauses, whose verdicts are ignored in favour of the recorded ones.
#pragma once

#include <vector>

#include "env/cancel.h"
#include "env/env.h"
#include "env/task.h"
#include "node/tasks/world.h"

namespace miroir::node {

// When to let others run.
class Pace {
public:
    Pace(env::Env env, env::Cancel cancel, bool replaying)
        : env_(env), cancel_(std::move(cancel)), replaying_(replaying) {}

    bool replaying() const { return replaying_; }
    bool cancelled() const { return cancel_.requested(); }
    env::Env env() const { return env_; }
    const env::Cancel& cancel() const { return cancel_; }
    // Comes back after whatever else was waiting has run. False: stop.
    env::Task<bool> breathe();

private:
    env::Env env_;
    env::Cancel cancel_;
    bool replaying_;
};

// params by type:
//   documentAdditionOrUpdate  method replace|update, format, delimiter, primaryKey?, skipCreation, mayCreate; payload
//   documentDeletion          ids [..] | filter | all true
//   documentEdition           function, context?, filter?
//   settingsUpdate            changes {..}, isReset, mayCreate
//   indexCreation             primaryKey?          indexUpdate  primaryKey?, uid?
//   indexSwap                 swaps [{indexes, rename}]
//   taskCancelation, taskDeletion   uids [..]
struct BatchRun {
    World& world;
    Pace& pace;
    std::vector<std::uint64_t> uids;
    protocol::Instant now{};
    std::size_t slice = 512;                // documents between two pauses
    std::vector<protocol::Task> results{};  // how tasks ended, these and cancelled ones
    std::vector<std::uint64_t> removed{};   // tasks that are no more
    bool cancelled = false;                 // nothing was done

    const Work& work(std::uint64_t uid) const { return *world.queue.find(uid); }
    void succeed(std::uint64_t uid, json::Value details);
    void fail(std::uint64_t uid, json::Value details, Error error);
    protocol::Batch* batch() { return world.queue.running_batch(); }
};

env::Task<void> carry_out(BatchRun& run);

// The parts, by kind of batch.
env::Task<void> carry_documents(BatchRun& run);
env::Task<void> carry_deletions(BatchRun& run);
env::Task<void> carry_edition(BatchRun& run);
env::Task<void> carry_settings(BatchRun& run);
void carry_clear(BatchRun& run);
void carry_index_creation(BatchRun& run);
void carry_index_update(BatchRun& run);
void carry_index_deletion(BatchRun& run);
void carry_index_swap(BatchRun& run);
void carry_cancelation(BatchRun& run);
void carry_task_deletion(BatchRun& run);
void carry_rules(BatchRun& run);
void carry_rest(BatchRun& run);  // dumps, snapshots, exports, compaction

// "Index `x`: " before what the index itself refused.
Error inside_index(std::string_view uid, Error error);
// Documents need an embedding that only a remote service could give: how long the engine tries before it gives up.
env::Task<bool> wait_for_embedder(BatchRun& run);

}  // namespace miroir::node
