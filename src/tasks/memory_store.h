// The store of the simulation and of tests: keeps everything in maps. Its contents outlive a simulated process, as a
// disk would.
#pragma once

#include <map>

#include "tasks/store.h"

namespace miroir::tasks {

class MemoryStore final : public Store {
public:
    env::Task<Result<void>> commit(Batch batch) override;
    env::Task<Result<std::optional<std::string>>> get(RecordKey at) override;
    env::Task<Result<std::vector<Record>>> scan(Scan scan) override;

    // The next `count` commits fail before they change anything: a full disk.
    void fail_commits(int count) { failing_ = count; }

    using Table = std::map<std::string, std::string, std::less<>>;
    const Table& table(const std::string& name) { return tables_[name]; }  // as it is now, without a copy

private:
    std::map<std::string, Table, std::less<>> tables_;
    int failing_ = 0;
};

}  // namespace miroir::tasks
