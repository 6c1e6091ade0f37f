// The order in which the engine meets facet values that are asked for by count. It walks a tree of groups of four
// values and always opens the group with the most documents, so that ties do not simply follow the value.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "node/index/types.h"

namespace miroir::node {

struct CountedValue {
    std::size_t place = 0;    // in the list that was given
    std::uint64_t count = 0;  // candidates that have it
    DocId first = 0;          // the smallest of them
};

// `values`: the documents of every value of a field, in order of the values. Values without a candidate are left out.
// Stops when `take` returns false.
void walk_by_count(std::span<const DocIds* const> values, const DocIds& candidates,
                   const std::function<bool(const CountedValue&)>& take);

}  // namespace miroir::node
