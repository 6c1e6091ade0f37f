// Unites many lists of documents at once: bits first, a set at the end.
#pragma once

#include <vector>

#include "node/index/id_list.h"

namespace miroir::node {

class Gather {
public:
    void add(const IdList& list) {
        list.for_each([this](DocId id) {
            if (id / 64 >= words_.size()) words_.resize(id / 64 + 1);
            words_[id / 64] |= std::uint64_t{1} << (id % 64);
        });
    }
    DocIds take() const {
        DocIds set;
        std::vector<DocId> ids;
        for (std::size_t w = 0; w < words_.size(); ++w) {
            for (std::uint64_t rest = words_[w]; rest != 0; rest &= rest - 1) {
                ids.push_back(static_cast<DocId>(w * 64 + static_cast<std::size_t>(__builtin_ctzll(rest))));
            }
        }
        set.addMany(ids.size(), ids.data());
        return set;
    }

private:
    std::vector<std::uint64_t> words_;
};

}  // namespace miroir::node
