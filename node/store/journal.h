// What must survive: a snapshot and the log of what happened since, in numbered generations. append() is remembered at
// once and safe after commit(); many who wait for commit() share one sync. A torn or flipped record ends the log: the
// sound part stays, the rest is set aside. One writer, one executor.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "env/task.h"
#include "node/store/disk.h"
#include "node/store/frame.h"

namespace miroir::node {

class Journal {
public:
    using Visit = std::function<Result<void>(std::string_view head, std::string_view body)>;

    Journal(env::Env env, Disk& disk) : env_(env), disk_(disk) {}

    // Once, first: gives every record of the newest whole snapshot and then of the log, in order.
    Result<void> recover(const Visit& visit);

    void append(std::string_view head, std::string_view body = {});
    env::Task<Result<void>> commit();

    // Since the snapshot; the owner decides when it is worth a new one.
    std::uint64_t log_bytes() const { return log_bytes_; }
    std::uint64_t snapshot_bytes() const { return snapshot_bytes_; }

    // A new generation: records from now on go to its log. Then the snapshot's records, then publish.
    Result<void> begin_snapshot();
    Result<void> add_to_snapshot(std::string_view head, std::string_view body = {});
    Result<void> publish_snapshot();

private:
    struct Generations;
    Result<Generations> survey();
    Result<void> replay_log(const std::string& name, const Visit& visit);
    void flush();
    Result<void> write_out();
    std::string log_name(std::uint64_t generation) const;

    env::Env env_;
    Disk& disk_;
    std::uint64_t generation_ = 0;
    std::string waiting_;           // appended, not yet written
    std::uint64_t log_bytes_ = 0;   // since the snapshot, over all its logs
    std::uint64_t file_bytes_ = 0;  // of the current log, its sound records
    std::uint64_t snapshot_bytes_ = 0;
    std::string snapshot_buffer_;
    std::vector<env::OneShot<Result<void>>> committers_;
    bool flush_due_ = false;
    bool log_torn_ = false;  // a write failed: the log may hold more than its sound bytes
};

}  // namespace miroir::node
