// Makes dumps of the whole cluster in the engine's own form, so that Meilisearch and Miroir can both load them. Works
// page by page on an executor that serves nobody else; memory stays at a few pages. What was acknowledged before the
// dump's task is in it; a document written while the dump is being made may be in it as it was before or after. Swaps
// and renames are in it as a whole or not at all.
#pragma once

#include "api/desk.h"
#include "dump/archive.h"
#include "dump/seen_shifts.h"
#include "env/files.h"

namespace miroir::dump {

class Maker {
public:
    Maker(api::Desk& desk, env::Folder& folder) : desk_(desk), folder_(folder) {}

    // The details of the task that has ended well: {"dumpUid"}. The file is <dumpUid>.dump.
    env::Task<Result<json::Value>> make(protocol::Task task);
    // Removes what a crash left half made.
    void clean_up();

private:
    struct Parts {
        ArchiveWriter& archive;
        const std::string& uid;
        const protocol::Task& task;
        SeenShifts& seen;
        std::uint64_t& known_to;  // the tasks before this one have been looked at
    };
    env::Task<Result<bool>> attempt(std::string part, std::string uid, protocol::Task task);
    env::Task<Result<void>> write(Parts parts);
    env::Task<Result<void>> write_tasks(Parts parts);
    env::Task<void> learn_shifts(Parts parts);
    env::Task<std::set<std::uint64_t>> open_shifts(Parts parts, IndexUid index);
    env::Task<void> wait_for_shifts(Parts parts, IndexUid index);
    env::Task<Result<std::uint64_t>> read_index(Parts parts, std::string name, plan::IndexPtr& index);
    env::Task<Result<void>> write_index(Parts parts, plan::IndexPtr index);
    env::Task<Result<std::uint64_t>> spool(std::string name, plan::IndexPtr index);
    bool is_still(const plan::IndexEntry& index) const;

    api::Desk& desk_;
    env::Folder& folder_;
};

// "20260102-030405006"
std::string dump_uid(protocol::Instant instant);

}  // namespace miroir::dump
