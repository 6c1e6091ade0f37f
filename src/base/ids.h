// Strong identifiers: a node's name cannot be passed where an index uid is meant.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace miroir {

template <class Tag, class Rep>
struct Id {
    Rep value{};
    auto operator<=>(const Id&) const = default;
};

using NodeId = Id<struct NodeTag, std::string>;  // the node's name: its identity, whatever its address
using IndexUid = Id<struct IndexTag, std::string>;
using ShardId = Id<struct ShardTag, std::uint32_t>;
using GroupId = Id<struct GroupTag, std::uint32_t>;
using TaskUid = Id<struct TaskTag, std::uint64_t>;          // the client's task
using NodeTaskUid = Id<struct NodeTaskTag, std::uint64_t>;  // one node's part of it

}  // namespace miroir

template <class Tag, class Rep>
struct std::hash<miroir::Id<Tag, Rep>> {
    std::size_t operator()(const miroir::Id<Tag, Rep>& id) const { return std::hash<Rep>{}(id.value); }
};
