// Shapes of GeoJSON and whether an area touches them, with the edges running along great circles. Longitude is x,
// latitude is y. Holes of polygons are not looked at, as in the engine.
#pragma once

#include <vector>

#include "json/value.h"
#include "node/index/index.h"

namespace miroir::node {

using Line = std::vector<GeoPoint>;

// A closed ring of points, the first repeated at the end, with points no further than 1 km apart.
class Area {
public:
    explicit Area(const Line& corners);
    static Area circle(GeoPoint centre, double metres, std::size_t corners);

    // Does any part of a GeoJSON geometry, feature or collection lie inside or cross the border?
    bool touches(const json::Value& geojson) const;

private:
    bool touches_geometry(const json::Value& geometry, int depth) const;
    bool touches_point(GeoPoint point) const;
    bool touches_line(const Line& line) const;
    bool touches_polygon(const json::Value& rings) const;
    Line ring_;
};

}  // namespace miroir::node
