// A point is inside when a level ray from the western end of the area's box to the point crosses its border an odd
// number of times. A ray through a corner counts both edges there: the engine does so too, and a point level with a
// corner is therefore judged to be outside.
#include "node/retrieve/geo/shape.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

#include "node/search/geo/distance.h"

namespace miroir::node {
namespace {

constexpr double kLongestEdgeMetres = 1000.0;
constexpr int kDeepestCollection = 16;
constexpr std::uint64_t kMostPieces = 100'000;  // of one edge; the way around the earth is 40,000

struct Box {
    double left = 0, right = 0, bottom = 0, top = 0;

    explicit Box(const Line& points) {
        if (points.empty()) return;
        left = right = points.front().lng;
        bottom = top = points.front().lat;
        for (const GeoPoint& point : points) {
            left = std::min(left, point.lng);
            right = std::max(right, point.lng);
            bottom = std::min(bottom, point.lat);
            top = std::max(top, point.lat);
        }
    }
    bool holds(GeoPoint p) const { return p.lat >= bottom && p.lat <= top && p.lng >= left && p.lng <= right; }
    bool apart(const Box& other) const {
        return right < other.left || other.right < left || top < other.bottom || other.top < bottom;
    }
};

// On which side of the line a-b the point lies: exact, since doubles' products fit 113 bits nearly always.
int side(GeoPoint a, GeoPoint b, GeoPoint p) {
    using Wide = __float128;
    const Wide left = (Wide(a.lng) - Wide(p.lng)) * (Wide(b.lat) - Wide(p.lat));
    const Wide right = (Wide(a.lat) - Wide(p.lat)) * (Wide(b.lng) - Wide(p.lng));
    return left > right ? 1 : left < right ? -1 : 0;
}

bool between(double value, double one, double other) {
    return value >= std::min(one, other) && value <= std::max(one, other);
}

bool in_rectangle(GeoPoint p, GeoPoint a, GeoPoint b) {
    return between(p.lng, a.lng, b.lng) && between(p.lat, a.lat, b.lat);
}

bool same(GeoPoint a, GeoPoint b) { return a.lat == b.lat && a.lng == b.lng; }

bool edges_cross(GeoPoint a, GeoPoint b, GeoPoint c, GeoPoint d) {
    if (same(a, b)) return side(c, d, a) == 0 && in_rectangle(a, c, d);
    const int of_c = side(a, b, c);
    const int of_d = side(a, b, d);
    if (of_c != of_d) return side(c, d, a) != side(c, d, b);
    if (of_c != 0) return false;
    return in_rectangle(c, a, b) || in_rectangle(d, a, b) || in_rectangle(b, c, d);
}

bool inside(const Line& ring, GeoPoint point) {
    const Box box(ring);
    if (ring.empty() || !box.holds(point)) return false;
    const GeoPoint start{.lat = point.lat, .lng = box.left};
    bool odd = false;
    for (std::size_t i = 0; i + 1 < ring.size(); ++i) {
        if (edges_cross(ring[i], ring[i + 1], start, point)) odd = !odd;
    }
    return odd;
}

bool borders_cross(const Line& one, const Line& other) {
    const Box box(one);
    for (std::size_t j = 0; j + 1 < other.size(); ++j) {
        if (box.apart(Box({other[j], other[j + 1]}))) continue;
        for (std::size_t i = 0; i + 1 < one.size(); ++i) {
            if (edges_cross(one[i], one[i + 1], other[j], other[j + 1])) return true;
        }
    }
    return false;
}

std::optional<GeoPoint> point_of(const json::Value& position) {
    if (!position.is_array() || position.array().size() < 2) return std::nullopt;
    const json::Value& lng = position.array()[0];
    const json::Value& lat = position.array()[1];
    if (!lng.is_number() || !lat.is_number()) return std::nullopt;
    return GeoPoint{.lat = lat.number(), .lng = lng.number()};
}

Line line_of(const json::Value& positions) {
    Line line;
    if (!positions.is_array()) return line;
    for (const json::Value& position : positions.array()) {
        if (const auto point = point_of(position)) line.push_back(*point);
    }
    return line;
}

const json::Array& list_of(const json::Value* value) {
    static const json::Array none;
    return value != nullptr && value->is_array() ? value->array() : none;
}

}  // namespace

Area::Area(const Line& corners) {
    if (corners.empty()) return;
    Line closed = corners;
    if (!same(closed.front(), closed.back())) closed.push_back(closed.front());
    for (std::size_t i = 0; i + 1 < closed.size(); ++i) {
        ring_.push_back(closed[i]);
        const double pieces_wanted = std::ceil(arc_metres(closed[i], closed[i + 1]) / kLongestEdgeMetres);
        const auto pieces = std::min(static_cast<std::uint64_t>(pieces_wanted), kMostPieces);
        const double step = 1.0 / static_cast<double>(pieces);
        for (std::uint64_t piece = 1; piece < pieces; ++piece) {
            ring_.push_back(point_between(closed[i], closed[i + 1], step * static_cast<double>(piece)));
        }
    }
    ring_.push_back(closed.back());
}

Area Area::circle(GeoPoint centre, double metres, std::size_t corners) {
    Line line;
    for (std::size_t i = 0; i < corners; ++i) {
        line.push_back(destination(centre, 360.0 * static_cast<double>(i) / static_cast<double>(corners), metres));
    }
    return Area(line);
}

bool Area::touches(const json::Value& geojson) const { return touches_geometry(geojson, kDeepestCollection); }

bool Area::touches_geometry(const json::Value& geometry, int depth) const {
    const json::Value* type = geometry.find("type");
    if (depth == 0 || type == nullptr || !type->is_string()) return false;
    const std::string_view name = type->string();
    const json::Value* places = geometry.find("coordinates");
    const auto any = [&](const json::Array& parts, auto&& test) { return std::ranges::any_of(parts, test); };
    const auto deeper = [&](const json::Value& part) { return touches_geometry(part, depth - 1); };
    const auto by_point = [&](const json::Value& part) {
        const auto point = point_of(part);
        return point && touches_point(*point);
    };
    if (name == "Feature") return geometry.find("geometry") != nullptr && deeper(*geometry.find("geometry"));
    if (name == "FeatureCollection") return any(list_of(geometry.find("features")), deeper);
    if (name == "GeometryCollection") return any(list_of(geometry.find("geometries")), deeper);
    if (places == nullptr) return false;
    if (name == "Point") return by_point(*places);
    if (name == "MultiPoint") return any(list_of(places), by_point);
    if (name == "LineString") return touches_line(line_of(*places));
    if (name == "MultiLineString") {
        return any(list_of(places), [&](const json::Value& part) { return touches_line(line_of(part)); });
    }
    if (name == "Polygon") return touches_polygon(*places);
    if (name == "MultiPolygon") {
        return any(list_of(places), [&](const json::Value& part) { return touches_polygon(part); });
    }
    return false;
}

bool Area::touches_point(GeoPoint point) const { return inside(ring_, point); }

bool Area::touches_line(const Line& line) const {
    if (line.empty() || ring_.empty() || Box(line).apart(Box(ring_))) return false;
    return borders_cross(line, ring_) || inside(ring_, line.front());
}

bool Area::touches_polygon(const json::Value& rings) const {
    if (!rings.is_array() || rings.array().empty() || ring_.empty()) return false;
    Line outer = line_of(rings.array().front());
    if (outer.empty()) return false;
    if (!same(outer.front(), outer.back())) outer.push_back(outer.front());
    if (Box(outer).apart(Box(ring_))) return false;
    return borders_cross(outer, ring_) || inside(ring_, outer.front()) || inside(outer, ring_.front());
}

}  // namespace miroir::node
