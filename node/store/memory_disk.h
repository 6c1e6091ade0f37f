// A disk for tests, the simulation and nodes without a directory: files in memory, which know what a crash would take.
#pragma once

#include <cstddef>
#include <map>
#include <optional>

#include "node/store/disk.h"

namespace miroir::node {

class MemoryDisk final : public Disk {
public:
    Result<std::vector<std::string>> list() override;
    Result<std::string> read(std::string_view name) override;
    Result<void> append(std::string_view name, std::string_view bytes) override;
    Result<void> sync(std::string_view name) override;
    Result<void> truncate(std::string_view name, std::uint64_t size) override;
    Result<void> rename(std::string_view from, std::string_view to) override;
    Result<void> remove(std::string_view name) override;
    std::uint64_t used_bytes() override;

    // What was not synced is gone, but for the first `kept` bytes of each file's loss: a torn tail.
    void crash(std::size_t kept = 0);
    void flip_bit(std::string_view name, std::uint64_t bit);
    // From now on (or until false) nothing can be written.
    void refuse_writes(bool refuse) { refusing_ = refuse; }
    // The next append writes only its first `bytes` and fails.
    void break_next_append(std::size_t bytes) { breaks_after_ = bytes; }

private:
    struct File {
        std::string bytes;
        std::size_t synced = 0;
    };
    Result<void> may_write() const;

    std::map<std::string, File, std::less<>> files_;
    bool refusing_ = false;
    std::optional<std::size_t> breaks_after_;
};

}  // namespace miroir::node
