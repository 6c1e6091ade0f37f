#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>

#include "env/file_lock.h"
#include "node/store/disk.h"

namespace miroir::node {
namespace {

std::unexpected<Error> io_failure(std::string_view what, std::string_view name) {
    const int cause = errno;
    const ErrorCode code = cause == ENOSPC ? ErrorCode::NoSpaceLeftOnDevice : ErrorCode::IoError;
    return fail(code, "cannot " + std::string(what) + " `" + std::string(name) + "`: " + std::strerror(cause));
}

class Directory final : public Disk {
public:
    Directory(std::string path, env::FileLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}
    ~Directory() override {
        for (const auto& [name, file] : open_) ::close(file);
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;

    Result<std::vector<std::string>> list() override {
        std::vector<std::string> out;
        std::error_code error;
        for (const auto& entry : std::filesystem::directory_iterator(path_, error)) {
            if (entry.is_regular_file(error)) out.push_back(entry.path().filename().string());
        }
        if (error) return fail(ErrorCode::IoError, "cannot list `" + path_ + "`: " + error.message());
        return out;
    }

    Result<std::string> read(std::string_view name) override {
        const int file = ::open(path_of(name).c_str(), O_RDONLY | O_CLOEXEC);
        if (file < 0) return io_failure("open", name);
        std::string out;
        struct stat state{};
        if (::fstat(file, &state) == 0) out.resize(static_cast<std::size_t>(state.st_size));
        std::size_t done = 0;
        while (done < out.size()) {
            const ssize_t got = ::read(file, out.data() + done, out.size() - done);
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) break;
            done += static_cast<std::size_t>(got);
        }
        ::close(file);
        out.resize(done);
        return out;
    }

    Result<void> append(std::string_view name, std::string_view bytes) override {
        MIROIR_TRY(const int file, writer(name));
        while (!bytes.empty()) {
            const ssize_t wrote = ::write(file, bytes.data(), bytes.size());
            if (wrote < 0 && errno == EINTR) continue;
            if (wrote < 0) return io_failure("write", name);
            bytes.remove_prefix(static_cast<std::size_t>(wrote));
        }
        return {};
    }

    Result<void> sync(std::string_view name) override {
        MIROIR_TRY(const int file, writer(name));
        if (::fdatasync(file) != 0) return io_failure("sync", name);
        return {};
    }

    Result<void> truncate(std::string_view name, std::uint64_t size) override {
        MIROIR_TRY(const int file, writer(name));
        if (::ftruncate(file, static_cast<off_t>(size)) != 0) return io_failure("truncate", name);
        return sync(name);
    }

    Result<void> rename(std::string_view from, std::string_view to) override {
        forget(from);
        forget(to);
        if (::rename(path_of(from).c_str(), path_of(to).c_str()) != 0) return io_failure("rename", from);
        return sync_directory();
    }

    Result<void> remove(std::string_view name) override {
        forget(name);
        if (::unlink(path_of(name).c_str()) != 0 && errno != ENOENT) return io_failure("remove", name);
        return sync_directory();
    }

    std::uint64_t used_bytes() override {
        std::uint64_t sum = 0;
        std::error_code error;
        for (const auto& entry : std::filesystem::directory_iterator(path_, error)) {
            const auto size = entry.is_regular_file(error) ? entry.file_size(error) : 0;
            if (!error) sum += size;
        }
        return sum;
    }

private:
    std::string path_of(std::string_view name) const { return path_ + "/" + std::string(name); }

    Result<int> writer(std::string_view name) {
        if (const auto found = open_.find(name); found != open_.end()) return found->second;
        const bool fresh = ::access(path_of(name).c_str(), F_OK) != 0;
        const int file = ::open(path_of(name).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (file < 0) return io_failure("open", name);
        open_.emplace(std::string(name), file);
        if (fresh) MIROIR_CHECK(sync_directory());
        return file;
    }

    void forget(std::string_view name) {
        const auto found = open_.find(name);
        if (found == open_.end()) return;
        ::close(found->second);
        open_.erase(found);
    }

    Result<void> sync_directory() {
        const int folder = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder < 0) return io_failure("open", path_);
        const int failed = ::fsync(folder);
        ::close(folder);
        if (failed != 0) return io_failure("sync", path_);
        return {};
    }

    std::string path_;
    env::FileLock lock_;
    std::map<std::string, int, std::less<>> open_;
};

}  // namespace

Result<std::unique_ptr<Disk>> open_directory(const std::string& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return fail(ErrorCode::IoError, "cannot make `" + path + "`: " + error.message());
    MIROIR_TRY(env::FileLock lock, env::FileLock::take(path + "/lock", "the data folder " + path));
    return std::make_unique<Directory>(path, std::move(lock));
}

}  // namespace miroir::node
