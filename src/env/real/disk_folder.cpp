#include "env/real/disk_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace miroir::env {
namespace {

namespace fs = std::filesystem;

Error trouble(const std::string& path) {
    return {.code = ErrorCode::MiroirStorageFailed, .message = path + ": " + std::strerror(errno)};
}

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { close(number_); }
    int number() const { return number_; }

private:
    int number_;
};

class DiskFileOut final : public FileOut {
public:
    DiskFileOut(int number, std::string path) : file_(number), path_(std::move(path)) {}
    Result<void> write(std::string_view bytes) override {
        while (!bytes.empty()) {
            const ssize_t wrote = ::write(file_.number(), bytes.data(), bytes.size());
            if (wrote < 0 && errno == EINTR) continue;
            if (wrote < 0) return fail(trouble(path_));
            bytes.remove_prefix(static_cast<std::size_t>(wrote));
        }
        return {};
    }
    Result<void> finish() override {
        if (fsync(file_.number()) != 0) return fail(trouble(path_));
        return {};
    }

private:
    Descriptor file_;
    std::string path_;
};

class DiskFileIn final : public FileIn {
public:
    DiskFileIn(int number, std::string path) : file_(number), path_(std::move(path)) {}
    Result<std::string> read(std::size_t most) override {
        std::string out(most, '\0');
        ssize_t got = -1;
        do got = ::read(file_.number(), out.data(), most);
        while (got < 0 && errno == EINTR);
        if (got < 0) return fail(trouble(path_));
        out.resize(static_cast<std::size_t>(got));
        return out;
    }

private:
    Descriptor file_;
    std::string path_;
};

}  // namespace

Result<std::unique_ptr<FileOut>> DiskFolder::create(const std::string& name) {
    std::error_code ignored;
    fs::create_directories(path_, ignored);
    const int number = ::open(place(name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (number < 0) return fail(trouble(place(name)));
    return std::make_unique<DiskFileOut>(number, place(name));
}

Result<std::unique_ptr<FileIn>> DiskFolder::open(const std::string& name) {
    const int number = ::open(place(name).c_str(), O_RDONLY | O_CLOEXEC);
    if (number < 0) return fail(trouble(place(name)));
    return std::make_unique<DiskFileIn>(number, place(name));
}

Result<void> DiskFolder::rename(const std::string& from, const std::string& to) {
    if (::rename(place(from).c_str(), place(to).c_str()) != 0) return fail(trouble(place(to)));
    const int folder = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        fsync(folder);
        close(folder);
    }
    return {};
}

void DiskFolder::remove(const std::string& name) { unlink(place(name).c_str()); }

std::vector<std::string> DiskFolder::names() {
    std::vector<std::string> out;
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator(path_, ignored))
        out.push_back(entry.path().filename().string());
    return out;
}

}  // namespace miroir::env
