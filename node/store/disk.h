// The few things that the node asks of a directory. Names are plain file names, the files belong to one node.
// What append() wrote may be lost in a crash until sync(); rename() and remove() are durable when they return.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace miroir::node {

class Disk {
public:
    virtual Result<std::vector<std::string>> list() = 0;
    virtual Result<std::string> read(std::string_view name) = 0;
    virtual Result<void> append(std::string_view name, std::string_view bytes) = 0;  // makes the file
    virtual Result<void> sync(std::string_view name) = 0;
    virtual Result<void> truncate(std::string_view name, std::uint64_t size) = 0;
    virtual Result<void> rename(std::string_view from, std::string_view to) = 0;
    virtual Result<void> remove(std::string_view name) = 0;
    virtual std::uint64_t used_bytes() = 0;

    virtual ~Disk() = default;
};

// Files in a directory, which is made when it is missing, and held by one process at a time.
Result<std::unique_ptr<Disk>> open_directory(const std::string& path);

}  // namespace miroir::node
