#include "dump/seen_shifts.h"

#include <algorithm>

namespace miroir::dump {

SeenShifts::Saw SeenShifts::saw(std::uint64_t task, const Read& read) {
    if (task >= read.ended) return Saw::Before;
    return task < read.begun && !read.open.contains(task) ? Saw::After : Saw::Amid;
}

std::set<std::uint64_t> SeenShifts::of(const std::string& index) const {
    std::set<std::uint64_t> out;
    for (const auto& [task, indexes] : shifts_) {
        if (indexes.contains(index)) out.insert(task);
    }
    return out;
}

bool SeenShifts::is_torn(const std::string& index, const Read& read) const {
    return std::ranges::any_of(of(index), [&read](std::uint64_t task) { return saw(task, read) == Saw::Amid; });
}

bool SeenShifts::are_torn() const {
    return std::ranges::any_of(shifts_, [this](const auto& shift) {
        std::set<Saw> seen;
        for (const std::string& index : shift.second) {
            const auto read = reads_.find(index);
            if (read != reads_.end()) seen.insert(saw(shift.first, read->second));
        }
        return seen.size() > 1 || seen.contains(Saw::Amid);
    });
}

}  // namespace miroir::dump
