// The store of a simulated orchestrator: its records outlive the process, as a disk would. Each life writes through a
// door of its own; at a write that was named before, the process dies, before or after it has become durable.
#pragma once

#include <functional>
#include <vector>

#include "env/lane.h"
#include "sim/host.h"
#include "tasks/memory_store.h"

namespace miroir::sim {

struct KeptStore {
    tasks::MemoryStore memory;
    std::chrono::nanoseconds latency_max{0};  // of one commit
    double refused = 0;                       // share of commits that fail and change nothing: the disk is full
    std::uint64_t writes = 0;
    std::uint64_t dies_at = 0;  // this write
    bool dies_after = false;    // it became durable, nobody heard of it
    std::function<void()> kill;

    std::vector<tasks::Record> records(std::string table);
};

class StoreDoor final : public tasks::Store {
public:
    StoreDoor(KeptStore& kept, const AppContext& context)
        : kept_(kept), env_(context.env), ended_(context.ended), lane_(context.env.executor) {}

    env::Task<Result<void>> commit(tasks::Batch batch) override;
    env::Task<Result<std::optional<std::string>>> get(tasks::RecordKey at) override;
    env::Task<Result<std::vector<tasks::Record>>> scan(tasks::Scan scan) override;

private:
    bool gone() const { return dead_ || ended_.requested(); }
    Result<void> die();
    env::Task<void> pause();

    KeptStore& kept_;
    env::Env env_;
    env::Cancel ended_;
    env::Lane lane_;
    bool dead_ = false;
};

}  // namespace miroir::sim
