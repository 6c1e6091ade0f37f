#include "node/index/id_list.h"

#include <algorithm>
#include <cstring>

namespace miroir::node {

IdList& IdList::operator=(IdList&& other) noexcept {
    if (this != &other) {
        release();
        take(other);
    }
    return *this;
}

void IdList::release() {
    if (capacity_ == kBitmap) delete bitmap_;
    else if (capacity_ != 0) delete[] block_;
    size_ = 0;
    capacity_ = 0;
}

void IdList::take(IdList& other) {
    size_ = other.size_;
    capacity_ = other.capacity_;
    std::memcpy(in_place_, other.in_place_, sizeof in_place_);
    other.size_ = 0;
    other.capacity_ = 0;
}

void IdList::grow() {
    const std::uint32_t old = capacity_ == 0 ? kInPlace : capacity_;
    if (old >= kMostListed) {
        auto bitmap = std::make_unique<DocIds>();
        bitmap->addMany(size_, writable());
        const std::uint32_t size = size_;
        release();
        bitmap_ = bitmap.release();
        capacity_ = kBitmap;
        size_ = size;
        return;
    }
    const std::uint32_t larger = old * 2;
    auto* block = new DocId[larger];
    std::copy_n(writable(), size_, block);
    const std::uint32_t size = size_;
    release();
    block_ = block;
    capacity_ = larger;
    size_ = size;
}

bool IdList::add(DocId id) {
    if (capacity_ == kBitmap) {
        const bool added = bitmap_->addChecked(id);
        size_ += added;
        return added;
    }
    DocId* first = writable();
    DocId* place = size_ == 0 || first[size_ - 1] < id ? first + size_ : std::lower_bound(first, first + size_, id);
    if (place != first + size_ && *place == id) return false;
    const auto offset = place - first;
    if (size_ == (capacity_ == 0 ? kInPlace : capacity_)) {
        grow();
        if (capacity_ == kBitmap) return add(id);
        first = writable();
    }
    std::copy_backward(first + offset, first + size_, first + size_ + 1);
    first[offset] = id;
    ++size_;
    return true;
}

bool IdList::remove(DocId id) {
    if (capacity_ == kBitmap) {
        const bool removed = bitmap_->removeChecked(id);
        size_ -= removed;
        return removed;
    }
    DocId* first = writable();
    DocId* place = std::lower_bound(first, first + size_, id);
    if (place == first + size_ || *place != id) return false;
    std::copy(place + 1, first + size_, place);
    --size_;
    return true;
}

bool IdList::contains(DocId id) const {
    if (capacity_ == kBitmap) return bitmap_->contains(id);
    return std::ranges::binary_search(ids(), id);
}

DocIds IdList::to_set() const {
    DocIds set;
    unite_into(set);
    return set;
}

void IdList::unite_into(DocIds& set) const {
    if (capacity_ == kBitmap) set |= *bitmap_;
    else if (size_ == 1) set.add(ids()[0]);
    else set.addMany(size_, ids().data());
}

DocIds IdList::intersection(const DocIds& other) const {
    if (capacity_ == kBitmap) return *bitmap_ & other;
    DocIds set;
    for (const DocId id : ids()) {
        if (other.contains(id)) set.add(id);
    }
    return set;
}

}  // namespace miroir::node
