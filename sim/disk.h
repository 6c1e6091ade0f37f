// What a host keeps when it dies: files of which only synced bytes are sure. After death each file keeps a random part
// of what was not synced: a torn tail. Each life writes through a door of its own, which closes with it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "node/store/disk.h"
#include "sim/life.h"

namespace miroir::sim {

class Disk {
public:
    explicit Disk(const SeededRandom& random) : random_(random) {}

    // The files as this life sees them. What is written after its death fails and leaves no trace.
    std::unique_ptr<node::Disk> open(Life& life);

    void lose_unsynced();
    void set_full(bool full) { full_ = full; }
    // What somebody does to the disk of a machine that is off: empties it, or puts an older copy back.
    using Copy = std::map<std::string, std::string, std::less<>>;
    Copy copy() const;  // of what is synced
    void replace(const Copy& files);
    void flip_bit(std::string_view name);
    std::uint64_t writes() const { return writes_; }
    // Called before each write with its number; may kill the host: then the write does not happen.
    void before_write(std::function<void(std::uint64_t)> hook) { hook_ = std::move(hook); }

private:
    friend class DiskDoor;
    struct File {
        std::string bytes;
        std::size_t synced = 0;
    };
    SeededRandom random_;
    std::map<std::string, File, std::less<>> files_;
    bool full_ = false;
    std::uint64_t writes_ = 0;
    std::function<void(std::uint64_t)> hook_;
};

}  // namespace miroir::sim
