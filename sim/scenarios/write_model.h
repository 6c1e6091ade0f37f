// What an index must hold after a story of writes. Those acknowledged count, each in its place; those of which the
// client heard nothing good may count or not, but wholly.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace miroir::sim {

struct ModelWrite {
    enum class Kind : std::uint8_t { Replace, Merge, Delete, DeleteAll, Settings };
    Kind kind = Kind::Replace;
    std::vector<int> ids;
    int number = 0;                     // what it writes: the number of the write
    std::optional<std::uint64_t> task;  // acknowledged as this
    bool by_filter = false;             // Delete: its ids are all from the first to the last
    bool in_part = false;               // its task failed on some nodes: each of its documents may be there or not
};

using ModelDocument = std::map<std::string, int>;
struct ModelState {
    std::map<int, ModelDocument> documents;
    int settings = -1;  // number of the last change
    bool operator==(const ModelState&) const = default;
};

void apply(ModelState& state, const ModelWrite& write);

// What is wrong with `found` after these writes, or nothing.
std::string judge(const std::vector<ModelWrite>& writes, const ModelState& found);

}  // namespace miroir::sim
