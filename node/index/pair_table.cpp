#include "node/index/pair_table.h"

#include <utility>

namespace miroir::node {

std::size_t PairTable::slot_of(std::uint64_t key) const {
    std::uint64_t hash = key * 0x9E3779B97F4A7C15ULL;
    hash ^= hash >> 32;
    const std::size_t mask = keys_.size() - 1;
    std::size_t slot = hash & mask;
    while (keys_[slot] != 0 && keys_[slot] != key) slot = (slot + 1) & mask;
    return slot;
}

const IdList* PairTable::find(std::uint64_t key) const {
    if (keys_.empty()) return nullptr;
    const std::size_t slot = slot_of(key);
    return keys_[slot] == 0 ? nullptr : &lists_[slot];
}

IdList& PairTable::at(std::uint64_t key) {
    if (used_ * 4 >= keys_.size() * 3) grow();
    const std::size_t slot = slot_of(key);
    if (keys_[slot] == 0) {
        keys_[slot] = key;
        ++used_;
    }
    return lists_[slot];
}

void PairTable::grow() {
    const std::size_t size = keys_.empty() ? 1024 : keys_.size() * 2;
    const auto old_keys = std::exchange(keys_, std::vector<std::uint64_t>(size));
    auto old_lists = std::exchange(lists_, std::vector<IdList>(size));
    for (std::size_t i = 0; i < old_keys.size(); ++i) {
        if (old_keys[i] == 0) continue;
        const std::size_t slot = slot_of(old_keys[i]);
        keys_[slot] = old_keys[i];
        lists_[slot] = std::move(old_lists[i]);
    }
}

void PairTable::clear() { *this = PairTable(); }

}  // namespace miroir::node
