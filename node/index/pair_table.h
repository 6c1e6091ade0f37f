// PairTable: (distance, left word, right word) -> documents, a hash table with open addressing. Entries are never
// taken out; an empty list means that no document has the pair any more.
#pragma once

#include <cstdint>
#include <vector>

#include "node/index/id_list.h"

namespace miroir::node {

using WordId = std::uint32_t;

// Distances are 1 to 3; sorts by the two words first, then by distance.
inline std::uint64_t pair_key(std::uint32_t distance, WordId left, WordId right) {
    return std::uint64_t{left} << 33 | std::uint64_t{right} << 2 | distance;
}

class PairTable {
public:
    const IdList* find(std::uint64_t key) const;
    IdList& at(std::uint64_t key);  // inserted when absent
    void clear();

private:
    std::size_t slot_of(std::uint64_t key) const;
    void grow();

    std::vector<std::uint64_t> keys_;  // 0: free (no key is 0, distances start at 1)
    std::vector<IdList> lists_;
    std::size_t used_ = 0;
};

}  // namespace miroir::node
