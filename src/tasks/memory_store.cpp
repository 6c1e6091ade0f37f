#include "tasks/memory_store.h"

namespace miroir::tasks {

env::Task<Result<void>> MemoryStore::commit(Batch batch) {
    if (failing_ > 0) {
        --failing_;
        co_return fail(ErrorCode::MiroirStorageFailed, "the store cannot take more: no space left");
    }
    for (const Batch::Expectation& expected : batch.expectations) {
        const Table& table = tables_[expected.at.table];
        const auto found = table.find(expected.at.key);
        const bool same = found == table.end() ? !expected.value : expected.value == found->second;
        if (!same)
            co_return fail(ErrorCode::MiroirStorageConflict, "another process has changed `" + expected.at.key + "`");
    }
    for (Batch::Put& put : batch.puts) tables_[put.at.table][put.at.key] = std::move(put.value);
    for (const RecordKey& at : batch.erasures) tables_[at.table].erase(at.key);
    co_return Result<void>{};
}

env::Task<Result<std::optional<std::string>>> MemoryStore::get(RecordKey at) {
    const Table& table = tables_[at.table];
    const auto found = table.find(at.key);
    co_return found == table.end() ? std::nullopt : std::optional(found->second);
}

env::Task<Result<std::vector<Record>>> MemoryStore::scan(Scan scan) {
    const Table& table = tables_[scan.table];
    std::vector<Record> out;
    if (!scan.reverse) {
        for (auto at = table.lower_bound(scan.from); at != table.end() && out.size() < scan.limit; ++at) {
            out.push_back({.key = at->first, .value = at->second});
        }
        co_return out;
    }
    auto at = scan.from.empty() ? table.end() : table.upper_bound(scan.from);
    while (at != table.begin() && out.size() < scan.limit) {
        --at;
        out.push_back({.key = at->first, .value = at->second});
    }
    co_return out;
}

}  // namespace miroir::tasks
