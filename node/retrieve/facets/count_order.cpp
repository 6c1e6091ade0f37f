#include "node/retrieve/facets/count_order.h"

#include <algorithm>
#include <queue>
#include <vector>

namespace miroir::node {
namespace {

constexpr std::size_t kGroup = 4;
constexpr std::size_t kSmallestLevel = 5;

// Counts per level: level 0 are the values, each entry above sums up kGroup below.
struct Entry {
    std::uint64_t count = 0;
    std::size_t level = 0;
    std::size_t place = 0;  // within the level; level 0: the value

    // The greatest entry is opened first: more documents, then the lower level, then the later value.
    bool operator<(const Entry& other) const {
        if (count != other.count) return count < other.count;
        if (level != other.level) return level > other.level;
        return place < other.place;
    }
};

std::vector<std::vector<DocIds>> levels_above(std::span<const DocIds* const> values) {
    std::vector<std::vector<DocIds>> levels;
    std::size_t below = values.size();
    while ((below + kGroup - 1) / kGroup >= kSmallestLevel) {
        std::vector<DocIds> level((below + kGroup - 1) / kGroup);
        for (std::size_t i = 0; i < below; ++i) {
            level[i / kGroup] |= levels.empty() ? *values[i] : levels.back()[i];
        }
        below = level.size();
        levels.push_back(std::move(level));
    }
    return levels;
}

}  // namespace

void walk_by_count(std::span<const DocIds* const> values, const DocIds& candidates,
                   const std::function<bool(const CountedValue&)>& take) {
    const auto levels = levels_above(values);
    const auto docs_of = [&](std::size_t level, std::size_t place) -> const DocIds& {
        return level == 0 ? *values[place] : levels[level - 1][place];
    };
    std::priority_queue<Entry> open;
    const auto add = [&](std::size_t level, std::size_t from, std::size_t to) {
        for (std::size_t place = from; place < to; ++place) {
            const std::uint64_t count = docs_of(level, place).and_cardinality(candidates);
            if (count != 0) open.push({.count = count, .level = level, .place = place});
        }
    };
    const auto size_of = [&](std::size_t level) { return level == 0 ? values.size() : levels[level - 1].size(); };
    add(levels.size(), 0, size_of(levels.size()));
    while (!open.empty()) {
        const Entry entry = open.top();
        open.pop();
        if (entry.level > 0) {
            const std::size_t below = entry.level - 1;
            add(below, entry.place * kGroup, std::min((entry.place + 1) * kGroup, size_of(below)));
            continue;
        }
        const DocIds common = *values[entry.place] & candidates;
        if (!take({.place = entry.place, .count = entry.count, .first = common.minimum()})) return;
    }
}

}  // namespace miroir::node
