#include "merge/pin_order.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace miroir::merge {
namespace {

constexpr std::size_t kPinsMax = 100;  // the engine's own bound for one search

// Numbers and texts of the same letters are the same key.
std::string_view key_of(const Hit& hit) {
    std::string_view raw = hit.distinct.raw;
    while (!raw.empty() && raw.back() <= ' ') raw.remove_suffix(1);
    if (raw.size() >= 2 && raw.front() == '"') raw = raw.substr(1, raw.size() - 2);
    return raw;
}

// What ranks alike stays as it was.
template <class RankOf>
std::vector<FoundPin> sorted_by(const std::vector<FoundPin>& pins, const RankOf& rank_of) {
    std::multimap<std::uint64_t, FoundPin> sorted;
    for (const FoundPin& pin : pins) sorted.emplace(rank_of(pin), pin);
    std::vector<FoundPin> out;
    for (const auto& [rank, pin] : sorted) out.push_back(pin);
    return out;
}

}  // namespace

std::vector<FoundPin> by_position(const std::vector<FoundPin>& pins) {
    return sorted_by(pins, [](const FoundPin& one) { return one.pin->position; });
}

std::uint64_t reach_of(const PinOrder& order) {
    if (std::ranges::is_sorted(order, {}, &PlannedPin::position)) return 0;
    return std::ranges::max(order, {}, &PlannedPin::position).position + order.size();
}

std::vector<FoundPin> pins_shown(std::vector<FoundPin> found, const PinOrder& order, std::uint64_t end,
                                 std::uint64_t others) {
    std::map<std::pair<std::string_view, std::uint64_t>, std::size_t> ranks;
    for (std::size_t i = 0; i < order.size(); ++i) ranks.try_emplace({order[i].id, order[i].position}, i);
    const auto rank_of = [&](const FoundPin& one) {
        const auto rank = ranks.find({key_of(one.pin->hit), one.pin->position});
        return rank == ranks.end() ? order.size() : rank->second;
    };
    found = sorted_by(found, rank_of);
    std::set<std::string_view> known;  // words and vectors of a hybrid search tell of the same pins
    std::erase_if(found, [&](const FoundPin& one) {
        const std::string_view key = key_of(one.pin->hit);
        return !key.empty() && !known.insert(key).second;
    });
    if (found.size() > kPinsMax) found.resize(kPinsMax);
    std::uint64_t next = 0;  // place of the list
    for (std::size_t i = 0; i < found.size(); ++i) {
        next = std::min(std::max(next, found[i].pin->position), i + std::min(others, end));
        if (next >= end) {
            found.resize(i);
            break;
        }
        ++next;
    }
    return by_position(found);
}

}  // namespace miroir::merge
