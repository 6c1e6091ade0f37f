// IdList: a set of document ids that is mostly tiny: up to two in place, some in one block, many in a bitmap.
// Appending in rising order is cheap.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "node/index/types.h"

namespace miroir::node {

class IdList {
public:
    IdList() = default;
    ~IdList() { release(); }
    IdList(IdList&& other) noexcept { take(other); }
    IdList& operator=(IdList&& other) noexcept;

    bool add(DocId id);     // false: it was there
    bool remove(DocId id);  // false: it was not there
    std::uint32_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    bool contains(DocId id) const;

    DocIds to_set() const;
    void unite_into(DocIds& set) const;
    DocIds intersection(const DocIds& other) const;
    template <class Visit>
    void for_each(Visit visit) const {
        if (capacity_ == kBitmap) {
            for (const DocId id : *bitmap_) visit(id);
        } else {
            for (const DocId id : ids()) visit(id);
        }
    }

private:
    static constexpr std::uint32_t kInPlace = 2;
    static constexpr std::uint32_t kMostListed = 64;
    static constexpr std::uint32_t kBitmap = 0xFFFFFFFF;

    std::span<const DocId> ids() const { return {capacity_ == 0 ? in_place_ : block_, size_}; }
    DocId* writable() { return capacity_ == 0 ? in_place_ : block_; }
    void grow();
    void release();
    void take(IdList& other);

    std::uint32_t size_ = 0;
    std::uint32_t capacity_ = 0;  // 0: in place
    union {
        DocId in_place_[kInPlace] = {0, 0};
        DocId* block_;
        DocIds* bitmap_;
    };
};

}  // namespace miroir::node
