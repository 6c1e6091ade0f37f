#include "sim/disk.h"

#include <utility>

namespace miroir::sim {

class DiskDoor final : public node::Disk {
public:
    DiskDoor(sim::Disk& disk, Life& life) : disk_(disk), life_(life) {}

    Result<std::vector<std::string>> list() override {
        std::vector<std::string> names;
        for (const auto& [name, file] : disk_.files_) names.push_back(name);
        return names;
    }

    Result<std::string> read(std::string_view name) override {
        const auto at = disk_.files_.find(name);
        if (at == disk_.files_.end()) return fail(ErrorCode::IoError, "no such file: " + std::string(name));
        return at->second.bytes;
    }

    Result<void> append(std::string_view name, std::string_view bytes) override {
        MIROIR_CHECK(may_write());
        disk_.files_[std::string(name)].bytes += bytes;
        return {};
    }

    Result<void> sync(std::string_view name) override {
        MIROIR_CHECK(may_write());
        if (const auto at = disk_.files_.find(name); at != disk_.files_.end())
            at->second.synced = at->second.bytes.size();
        return {};
    }

    Result<void> truncate(std::string_view name, std::uint64_t size) override {
        MIROIR_CHECK(may_write());
        const auto at = disk_.files_.find(name);
        if (at == disk_.files_.end()) return fail(ErrorCode::IoError, "no such file: " + std::string(name));
        at->second.bytes.resize(std::min<std::size_t>(size, at->second.bytes.size()));
        at->second.synced = std::min(at->second.synced, at->second.bytes.size());
        return {};
    }

    Result<void> rename(std::string_view from, std::string_view to) override {
        MIROIR_CHECK(may_write());
        const auto at = disk_.files_.find(from);
        if (at == disk_.files_.end()) return fail(ErrorCode::IoError, "no such file: " + std::string(from));
        auto moved = disk_.files_.extract(at);
        disk_.files_[std::string(to)] = std::move(moved.mapped());
        return {};
    }

    Result<void> remove(std::string_view name) override {
        MIROIR_CHECK(may_write());
        if (const auto at = disk_.files_.find(name); at != disk_.files_.end()) disk_.files_.erase(at);
        return {};
    }

    std::uint64_t used_bytes() override {
        std::uint64_t used = 0;
        for (const auto& [name, file] : disk_.files_) used += file.bytes.size();
        return used;
    }

private:
    Result<void> may_write() {
        if (life_.alive()) {
            ++disk_.writes_;
            if (const auto hook = disk_.hook_) hook(disk_.writes_);  // a copy: it may take itself away
        }
        if (!life_.alive()) return fail(ErrorCode::IoError, "the host is dead");
        if (disk_.full_) return fail(ErrorCode::NoSpaceLeftOnDevice, "no space left on device");
        return {};
    }

    sim::Disk& disk_;
    Life& life_;
};

std::unique_ptr<node::Disk> Disk::open(Life& life) { return std::make_unique<DiskDoor>(*this, life); }

void Disk::lose_unsynced() {
    for (auto& [name, file] : files_) {
        const std::size_t unsure = file.bytes.size() - file.synced;
        const std::size_t kept = unsure == 0 ? 0 : env::draw_below(random_, unsure + 1);
        file.bytes.resize(file.synced + kept);
        file.synced = file.bytes.size();
    }
}

void Disk::flip_bit(std::string_view name) {
    const auto at = files_.find(name);
    if (at == files_.end() || at->second.bytes.empty()) return;
    const std::uint64_t bit = env::draw_below(random_, at->second.bytes.size() * 8);
    at->second.bytes[bit / 8] = static_cast<char>(at->second.bytes[bit / 8] ^ (1 << (bit % 8)));
}

Disk::Copy Disk::copy() const {
    Copy out;
    for (const auto& [name, file] : files_) out[name] = file.bytes.substr(0, file.synced);
    return out;
}

void Disk::replace(const Copy& files) {
    files_.clear();
    for (const auto& [name, bytes] : files) files_[name] = {.bytes = bytes, .synced = bytes.size()};
}

}  // namespace miroir::sim
