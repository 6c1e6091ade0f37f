#include "quorum/repair/arbiter.h"

#include <algorithm>
#include <optional>
#include <tuple>

namespace miroir::quorum {
namespace {

bool same(const CopySeen& a, const CopySeen& b) {
    return a.present == b.present && (!a.present || a.digest == b.digest);
}

std::optional<Ruling> by_the_unaltered(std::span<const CopySeen> copies) {
    const auto witness = std::ranges::find_if(copies, &CopySeen::unaltered);
    if (witness == copies.end() || std::ranges::all_of(copies, &CopySeen::unaltered)) return std::nullopt;
    const bool agree =
        std::ranges::all_of(copies, [&](const CopySeen& copy) { return !copy.unaltered || same(copy, *witness); });
    if (!agree) return std::nullopt;
    if (!witness->present) return Ruling{.kind = Ruling::Kind::Delete};
    return Ruling{.kind = Ruling::Kind::Take, .source = static_cast<std::size_t>(witness - copies.begin())};
}

std::size_t alike(std::span<const CopySeen> copies, const CopySeen& one) {
    return static_cast<std::size_t>(
        std::ranges::count_if(copies, [&](const CopySeen& copy) { return same(copy, one); }));
}

}  // namespace

Ruling judge_copies(std::span<const CopySeen> copies, const std::function<Deletion(std::uint64_t stamp)>& deleted) {
    const bool equal = std::ranges::all_of(copies, [&](const CopySeen& copy) { return same(copy, copies.front()); });
    if (equal) return {};
    if (const auto ruling = by_the_unaltered(copies)) return *ruling;
    std::optional<std::size_t> best;
    bool tie = false;
    for (std::size_t i = 0; i < copies.size(); ++i) {
        const CopySeen& copy = copies[i];
        if (!copy.present || deleted(copy.stamp) == Deletion::Certain) continue;
        if (!best) {
            best = i;
            continue;
        }
        const CopySeen& leader = copies[*best];
        if (same(copy, leader)) continue;
        const std::size_t mine = alike(copies, copy);
        const std::size_t theirs = alike(copies, leader);
        const auto weight = [](const CopySeen& of, std::size_t number) {
            return std::tuple(of.stamp, number, of.contains);
        };
        if (weight(copy, mine) > weight(leader, theirs)) best = i, tie = false;
        else if (weight(copy, mine) == weight(leader, theirs)) tie = true;
    }
    if (!best) return {.kind = Ruling::Kind::Delete};
    const CopySeen& right = copies[*best];
    const bool absent = std::ranges::any_of(copies, [](const CopySeen& copy) { return !copy.present; });
    const bool outnumbers = alike(copies, right) * 2 > copies.size();
    if (absent && !outnumbers && deleted(right.stamp) == Deletion::Perhaps) return {.kind = Ruling::Kind::Undecided};
    return {.kind = Ruling::Kind::Take, .source = *best, .guessed = tie};
}

}  // namespace miroir::quorum
