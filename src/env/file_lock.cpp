#include "env/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace miroir::env {

Result<FileLock> FileLock::take(const std::string& path, const std::string& what) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return fail(ErrorCode::MiroirStorageFailed, "cannot open " + path + ": " + std::strerror(errno));
    FileLock lock(file);
    if (::flock(file, LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno != EWOULDBLOCK)
        return fail(ErrorCode::MiroirStorageFailed, "cannot lock " + path + ": " + std::strerror(errno));
    return fail(ErrorCode::MiroirStorageFailed,
                what + " is in use by another process; stop that one or name another place");
}

FileLock::~FileLock() {
    if (file_ >= 0) ::close(file_);
}

}  // namespace miroir::env
