// A folder on the disk as the few rooms see it that keep whole files: dumps. The real one is in env/real. Calls block;
// they belong on an executor that serves nobody else.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace miroir::env {

class FileOut {
public:
    virtual Result<void> write(std::string_view bytes) = 0;
    virtual Result<void> finish() = 0;  // on the disk when it returns
    virtual ~FileOut() = default;
};

class FileIn {
public:
    virtual Result<std::string> read(std::size_t most) = 0;  // empty: the end
    virtual ~FileIn() = default;
};

// Errors are MiroirStorageFailed; NotFound of open() too.
class Folder {
public:
    virtual Result<std::unique_ptr<FileOut>> create(
        const std::string& name) = 0;  // makes the folder where it is missing
    virtual Result<std::unique_ptr<FileIn>> open(const std::string& name) = 0;
    virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
    virtual void remove(const std::string& name) = 0;
    virtual std::vector<std::string> names() = 0;
    virtual ~Folder() = default;
};

}  // namespace miroir::env
