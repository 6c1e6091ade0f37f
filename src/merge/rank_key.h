// Where a hit stands in the order of its query: one entry for each rule that ran, in the order of the rules.
// Nodes report scores relative to what their own documents can reach, so scores of two nodes do not compare; the raw
// counts behind them do. Views point into the node's reply.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string_view>

namespace miroir::merge {

struct RankEntry {
    enum class Shape : std::uint8_t {
        Weight,    // a count or a fraction, more is better: words, typo, proximity, attribute…, exactness
        Value,     // sort: numbers before texts, nothing last, in either direction
        Distance,  // geo sort, nothing last
        Skipped,   // the rule did not run before the cut-off
    };
    enum class Rule : std::uint8_t { Other, Proximity, Exactness, Vector, Stamp };
    Shape shape = Shape::Weight;
    Rule rule = Rule::Other;
    bool ascending = false;
    bool present = true;  // false: the document has no such value
    bool is_text = false;
    double number = 0;
    std::string_view text;
    // Weight, for comparing hits of different queries: the share of what could be reached, and in how many steps
    // (0: the node does not say).
    double fraction = 1;
    double steps = 0;
};

// An exact attribute weighs more than any number of words.
inline constexpr double kMatchTypeWeight = 1e6;

using RankKey = std::span<const RankEntry>;

// less: `a` comes first. Equal means a complete tie, the stamp of insertion included. No order to sort by, for places
// near to each other tie: lists that are in order can be merged by it.
std::strong_ordering compare(RankKey a, RankKey b);

// The first entry in which two keys differ, or the length of the shorter one.
std::size_t deciding_place(RankKey a, RankKey b);

// The first entry of a rule in a key, or its size.
std::size_t place_of(RankKey key, RankEntry::Rule rule);

// The stamp of insertion at the end of a key; empty when there is none.
std::string_view stamp_of(RankKey key);

}  // namespace miroir::merge
