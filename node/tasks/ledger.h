// The world on disk: what each change writes into the journal, how a world is read back, and when a new snapshot is
// worth its price. A change is remembered in the world and the journal in one step and is safe after commit().
#pragma once

#include "env/task.h"
#include "node/store/journal.h"
#include "node/tasks/carry_out.h"
#include "node/tasks/world.h"

namespace miroir::node {

class Ledger {
public:
    static constexpr std::uint64_t kLogMin = 32u << 20;  // a smaller log is always cheap enough to replay

    Ledger(env::Env env, Disk& disk, World& world, std::uint64_t log_min = kLogMin)
        : env_(env), journal_(env, disk), world_(world), log_min_(log_min) {}

    // Once, first. A world without records stays empty.
    Result<void> recover();

    void put(std::string_view shelf, std::string_view name, json::Value value);  // null removes
    Work& enqueue(Work work);
    // The end of a batch whose changes to the indexes are done. The world's tasks are settled by settle() once the
    // record is safe.
    void record_batch(const BatchRun& run, const protocol::Batch& batch);
    static void settle(World& world, BatchRun& run, protocol::Batch batch);

    env::Task<Result<void>> commit() { return journal_.commit(); }

    // Between two batches: writes a snapshot when the log has outgrown the last one.
    env::Task<Result<void>> compact_if_due();
    env::Task<Result<void>> write_snapshot();

private:
    Result<void> replay(std::string_view head, std::string_view body);
    Result<void> replay_batch(const json::Value& record);
    Result<void> restore_line(std::string_view text);
    Result<void> finish_restore();
    env::Task<Result<void>> save_index(std::string uid);

    env::Env env_;
    Journal journal_;
    World& world_;
    std::uint64_t log_min_;
    std::optional<std::string> restoring_;  // the index whose lines come now
    std::vector<std::string> lines_;
};

}  // namespace miroir::node
