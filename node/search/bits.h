// A set of small numbers that fits a word in most searches.
#pragma once

#include <cstdint>
#include <vector>

namespace miroir::node {

class Bits {
public:
    explicit Bits(std::size_t size = 0) {
        if (size > 64) more_.resize((size - 1) / 64);
    }
    void insert(std::size_t i) { word(i) |= mask(i); }
    void remove(std::size_t i) { word(i) &= ~mask(i); }
    bool contains(std::size_t i) const { return (word(i) & mask(i)) != 0; }
    void clear() {
        first_ = 0;
        for (auto& word : more_) word = 0;
    }
    bool empty() const {
        if (first_ != 0) return false;
        for (const auto word : more_) {
            if (word != 0) return false;
        }
        return true;
    }
    void unite(const Bits& other) {
        first_ |= other.first_;
        for (std::size_t i = 0; i < more_.size(); ++i) more_[i] |= other.more_[i];
    }
    bool intersects(const Bits& other) const {
        if ((first_ & other.first_) != 0) return true;
        for (std::size_t i = 0; i < more_.size(); ++i) {
            if ((more_[i] & other.more_[i]) != 0) return true;
        }
        return false;
    }
    template <class Visit>
    void for_each(Visit visit) const {
        for (std::size_t w = 0; w <= more_.size(); ++w) {
            for (std::uint64_t rest = w == 0 ? first_ : more_[w - 1]; rest != 0; rest &= rest - 1) {
                visit(w * 64 + static_cast<std::size_t>(__builtin_ctzll(rest)));
            }
        }
    }

private:
    static std::uint64_t mask(std::size_t i) { return std::uint64_t{1} << (i % 64); }
    std::uint64_t& word(std::size_t i) { return i < 64 ? first_ : more_[i / 64 - 1]; }
    const std::uint64_t& word(std::size_t i) const { return i < 64 ? first_ : more_[i / 64 - 1]; }

    std::uint64_t first_ = 0;
    std::vector<std::uint64_t> more_;
};

}  // namespace miroir::node
