// The store of one process: a SQLite file (WAL, synchronous) written by one thread. Batches that wait together are
// committed together, so that many writers share one fsync.
#pragma once

#include <memory>
#include <string>

#include "env/env.h"
#include "tasks/store.h"

namespace miroir::tasks {

class SqliteStore final : public Store {
public:
    // Opens or makes the file and brings its schema up to date. A file of another kind, a newer schema or a damaged one
    // is refused and left as it is; so is one that another process has open.
    static Result<std::unique_ptr<SqliteStore>> open(env::Executor& executor, const std::string& path);
    ~SqliteStore() override;  // finishes what was asked before

    env::Task<Result<void>> commit(Batch batch) override;
    env::Task<Result<std::optional<std::string>>> get(RecordKey at) override;
    env::Task<Result<std::vector<Record>>> scan(Scan scan) override;

private:
    class Worker;
    SqliteStore(env::Executor& executor, std::unique_ptr<Worker> worker);
    env::Executor& executor_;
    std::unique_ptr<Worker> worker_;
};

}  // namespace miroir::tasks
