#include "node/store/memory_disk.h"

#include <algorithm>
#include <utility>

namespace miroir::node {

Result<void> MemoryDisk::may_write() const {
    if (refusing_) return fail(ErrorCode::NoSpaceLeftOnDevice, "the disk takes no more writes");
    return {};
}

Result<std::vector<std::string>> MemoryDisk::list() {
    std::vector<std::string> out;
    for (const auto& [name, file] : files_) out.push_back(name);
    return out;
}

Result<std::string> MemoryDisk::read(std::string_view name) {
    const auto found = files_.find(name);
    if (found == files_.end()) return fail(ErrorCode::IoError, "no file `" + std::string(name) + "`");
    return found->second.bytes;
}

Result<void> MemoryDisk::append(std::string_view name, std::string_view bytes) {
    MIROIR_CHECK(may_write());
    const std::optional<std::size_t> broken = std::exchange(breaks_after_, std::nullopt);
    files_[std::string(name)].bytes += bytes.substr(0, broken.value_or(bytes.size()));
    if (broken) return fail(ErrorCode::NoSpaceLeftOnDevice, "the disk broke off within a write");
    return {};
}

Result<void> MemoryDisk::sync(std::string_view name) {
    MIROIR_CHECK(may_write());
    File& file = files_[std::string(name)];
    file.synced = file.bytes.size();
    return {};
}

Result<void> MemoryDisk::truncate(std::string_view name, std::uint64_t size) {
    MIROIR_CHECK(may_write());
    File& file = files_[std::string(name)];
    file.bytes.resize(std::min<std::size_t>(file.bytes.size(), size));
    file.synced = file.bytes.size();
    return {};
}

Result<void> MemoryDisk::rename(std::string_view from, std::string_view to) {
    MIROIR_CHECK(may_write());
    const auto found = files_.find(from);
    if (found == files_.end()) return fail(ErrorCode::IoError, "no file `" + std::string(from) + "`");
    File file = std::move(found->second);
    files_.erase(found);
    files_[std::string(to)] = std::move(file);
    return {};
}

Result<void> MemoryDisk::remove(std::string_view name) {
    MIROIR_CHECK(may_write());
    if (const auto found = files_.find(name); found != files_.end()) files_.erase(found);
    return {};
}

std::uint64_t MemoryDisk::used_bytes() {
    std::uint64_t sum = 0;
    for (const auto& [name, file] : files_) sum += file.bytes.size();
    return sum;
}

void MemoryDisk::crash(std::size_t kept) {
    for (auto& [name, file] : files_) {
        file.bytes.resize(std::min(file.bytes.size(), file.synced + kept));
        file.synced = file.bytes.size();
    }
}

void MemoryDisk::flip_bit(std::string_view name, std::uint64_t bit) {
    std::string& bytes = files_[std::string(name)].bytes;
    if (bit / 8 < bytes.size()) bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
}

}  // namespace miroir::node
