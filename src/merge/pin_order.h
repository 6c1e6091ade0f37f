// Pinned hits of several nodes as one node with all documents would take them. It goes through its rules in their
// order, and a pin waits for those before it: one that is to come far down holds back all behind it. What the page has
// then is put in the order of places.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "merge/node_answer.h"

namespace miroir::merge {

struct PlannedPin {
    std::string id;  // the document's primary key as text
    std::uint64_t position = 0;

    bool operator==(const PlannedPin&) const = default;
};
using PinOrder = std::vector<PlannedPin>;

// How many hits a node must show so that all its pins are among them: where none holds back another, no more than the
// page has.
std::uint64_t reach_of(const PinOrder& order);

// A pinned hit, with the answer that it came in.
struct FoundPin {
    std::size_t answer = 0;
    const PinnedHit* pin = nullptr;
};

// Of the same place, the first one first.
std::vector<FoundPin> by_position(const std::vector<FoundPin>& pins);

// Those that one node would show among `end` hits, when there are `others` beside them; by their places. `found` is in
// the order of answers; hits carry their primary key as `distinct`.
std::vector<FoundPin> pins_shown(std::vector<FoundPin> found, const PinOrder& order, std::uint64_t end,
                                 std::uint64_t others);

}  // namespace miroir::merge
