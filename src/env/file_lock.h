// A file that one process holds for itself: whoever else wants it is refused at once. Gone with the process, however
// that ends.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace miroir::env {

class FileLock {
public:
    // `what` stands in the refusal: "<what> is in use by another process".
    static Result<FileLock> take(const std::string& path, const std::string& what);

    FileLock(FileLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
    FileLock& operator=(FileLock&& other) noexcept {
        std::swap(file_, other.file_);
        return *this;
    }
    ~FileLock();

private:
    explicit FileLock(int file) : file_(file) {}
    int file_ = -1;
};

}  // namespace miroir::env
