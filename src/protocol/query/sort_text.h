// `sort` as text: "price:asc", "_geoPoint(48.8, 2.3):desc". Its grammar and the engine's refusals; what an index may be
// sorted by is another question.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"

namespace miroir::protocol {

struct SortMember {
    struct Point {
        double lat = 0;
        double lng = 0;
    };
    std::string_view field;      // empty where it is a point
    std::optional<Point> point;  // to sort by the distance from there
    bool ascending = true;

    // The attribute that must be sortable.
    std::string_view attribute() const { return point ? std::string_view("_geo") : field; }
};

// The result looks into `text`.
Result<SortMember> read_sort_member(std::string_view text, ErrorCode code);

}  // namespace miroir::protocol
